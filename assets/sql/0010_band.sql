-- Schema 10. Which candidates may have like questions: those that stand in a band together.

CREATE TABLE band (
    place   INTEGER PRIMARY KEY, -- the band's upper 13 bits, and in 40 bits the row behind which its candidates lie
    entries BLOB    NOT NULL     -- of 16 bytes each: a band, the row of a candidate, and its mark, from the low byte up
);

CREATE TABLE band_state (
    way   INTEGER NOT NULL, -- in which the bands were made; others are not comparable
    upto  INTEGER NOT NULL, -- the last candidate whose bands are kept
    begun INTEGER NOT NULL  -- the row behind which the last stretch begins, which still grows
);
INSERT INTO band_state VALUES (0, 0, 0);
