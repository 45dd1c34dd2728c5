//! Zstandard streams of any number of frames.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Bytes decoded ahead.
const AHEAD: usize = 128 << 10;

/// Decodes one frame after the other until the input ends.
pub(super) struct Frames<R> {
    input: BufReader<R>,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: BufReader::new(input), decoder: FrameDecoder::new(), within: false }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bad = |e: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, e.to_string());
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(into);
            }
            if self.within && self.decoder.is_finished() {
                self.within = false;
            }
            if !self.within {
                if self.input.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.decoder.reset(&mut self.input).map_err(|e| bad(&e))?;
                self.within = true;
            }
            self.decoder
                .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBytes(AHEAD))
                .map_err(|e| bad(&e))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    #[test]
    fn frames_follow_each_other() {
        let long = "0123456789".repeat(100_000);
        let mut bytes = compress_to_vec(long.as_bytes(), CompressionLevel::Fastest);
        bytes.extend(compress_to_vec(&b""[..], CompressionLevel::Fastest));
        bytes.extend(compress_to_vec(&b"end"[..], CompressionLevel::Uncompressed));
        let mut text = String::new();
        Frames::new(&bytes[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("{long}end"));
        let cut = &bytes[..bytes.len() / 2];
        assert!(Frames::new(cut).read_to_string(&mut String::new()).is_err());
    }
}
