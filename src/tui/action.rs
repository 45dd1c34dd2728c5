//! What keys can do: a closed vocabulary, one word an action. `assets/keymap.toml` gives each its keys and its sentence.

use crate::words::words;

words! {
    /// Where a key means something. A key has one meaning in each place; those of [`Place::Everywhere`] hold in all
    /// screens, and none of them may mean something else there.
    pub enum Place {
        /// On every screen.
        Everywhere = "everywhere",
        /// On the review screen.
        Review = "review",
        /// On the run screen.
        Run = "run",
        /// On the rules screen.
        Rules = "rules",
        /// On the audit screen.
        Audit = "audit",
        /// On the seeds screen.
        Seeds = "seeds",
        /// On the export screen.
        Export = "export",
        /// In overlays that are read: help, palette, log, history. Nothing else holds there.
        Overlay = "overlay",
    }
}

words! {
    /// An action.
    pub enum Action {
        // Everywhere.
        /// Down, or scroll down.
        Down = "down",
        /// Up, or scroll up.
        Up = "up",
        /// To the first item or row.
        First = "first",
        /// To the last item or row; with a count, to that number.
        Last = "last",
        /// Half a page down.
        HalfDown = "half-down",
        /// Half a page up.
        HalfUp = "half-up",
        /// A page down.
        PageDown = "page-down",
        /// A page up.
        PageUp = "page-up",
        /// The next pane.
        NextPane = "next-pane",
        /// The pane before.
        PreviousPane = "previous-pane",
        /// The pane alone, and back.
        Zoom = "zoom",
        /// Back: closes what is open, clears what is marked. Never quits.
        Back = "back",
        /// Quit; asks while work runs.
        Quit = "quit",
        /// Leave now.
        Leave = "leave",
        /// Suspend to the shell.
        Suspend = "suspend",
        /// The review screen.
        GoReview = "go-review",
        /// The run screen.
        GoRun = "go-run",
        /// The rules screen.
        GoRules = "go-rules",
        /// The audit screen.
        GoAudit = "go-audit",
        /// The seeds screen.
        GoSeeds = "go-seeds",
        /// The export screen.
        GoExport = "go-export",
        /// The log.
        GoLog = "go-log",
        /// The welcome: other projects, import, demo.
        GoWelcome = "go-welcome",
        /// Every action by its sentence.
        Palette = "palette",
        /// Keys that work here.
        Help = "help",
        /// Mouse capture on and off.
        Mouse = "mouse",
        /// Draw everything anew.
        Redraw = "redraw",
        /// Undo the last decision.
        Undo = "undo",
        /// Redo it.
        Redo = "redo",
        /// Start the loop, or go on after a pause.
        RunStart = "run-start",
        /// Pause, and go on.
        RunPause = "run-pause",
        /// Finish what is in flight and end.
        RunDrain = "run-drain",
        /// Stop now.
        RunStop = "run-stop",
        /// Watch the next candidate while it is made.
        RunWatch = "run-watch",
        /// Choose the strategy.
        RunStrategy = "run-strategy",
        // Run.
        /// Make the selected stage wider.
        Widen = "widen",
        /// Make it narrower.
        Narrow = "narrow",
        /// Select the next of the runs.
        NextRun = "next-run",
        /// Select the one before.
        PreviousRun = "previous-run",
        /// Go on with the selected run.
        RunResume = "run-resume",
        // Review.
        /// Accept, then next.
        Accept = "accept",
        /// Reject, then next.
        Reject = "reject",
        /// Flag, then next.
        Flag = "flag",
        /// Accept and stay.
        AcceptStay = "accept-stay",
        /// Reject and stay.
        RejectStay = "reject-stay",
        /// Flag and stay.
        FlagStay = "flag-stay",
        /// Judge the pair equivalent.
        JudgeEquivalent = "judge-equivalent",
        /// Judge the pair different.
        JudgeDifferent = "judge-different",
        /// Judge: can't tell.
        JudgeCantTell = "judge-cant-tell",
        /// Judge the pair equivalent, over what the reviewers said.
        SettleEquivalent = "settle-equivalent",
        /// Judge the pair different, over what the reviewers said.
        SettleDifferent = "settle-different",
        /// Name the cause of the verifier's error.
        Cause = "cause",
        /// List all pairs like this one.
        AllLikeThis = "all-like-this",
        /// The most suspicious first.
        SortSuspicious = "sort-suspicious",
        /// The least certain first.
        SortUncertain = "sort-uncertain",
        /// At random, by turns from each stratum.
        SortRandom = "sort-random",
        /// As they came.
        SortNumber = "sort-number",
        /// Only what the reviewer has not decided.
        QueueMine = "queue-mine",
        /// Only what reviewers are tied about.
        QueueContested = "queue-contested",
        /// The code answer was right.
        RightCode = "right-code",
        /// The CoT answer was right.
        RightCot = "right-cot",
        /// Both were right.
        RightBoth = "right-both",
        /// Neither was right.
        RightNeither = "right-neither",
        /// Next disagreement.
        NextDisagreement = "next-disagreement",
        /// Previous disagreement.
        PreviousDisagreement = "previous-disagreement",
        /// Next item from any pane.
        NextItem = "next-item",
        /// Previous item from any pane.
        PreviousItem = "previous-item",
        /// Next response of the item.
        NextResponse = "next-response",
        /// Previous response of the item.
        PreviousResponse = "previous-response",
        /// Mark or unmark the item.
        MarkItem = "mark",
        /// Mark from the last mark to here.
        MarkRange = "mark-range",
        /// Mark all that match the filter, or none.
        MarkAll = "mark-all",
        /// Filter.
        Filter = "filter",
        /// Write a note in one line.
        Note = "note",
        /// Tag.
        Tag = "tag",
        /// The log of the item's decisions.
        History = "history",
        /// What it was made of and what was made of it.
        Lineage = "lineage",
        /// To the candidate it was made of.
        ToParent = "to-parent",
        /// To the first candidate that was made of it.
        ToChild = "to-child",
        /// Back to where such a step was made.
        ToEarlier = "to-earlier",
        /// Blind mode on and off.
        Blind = "blind",
        /// Both answers and their normal forms in full, differing parts marked.
        Diff = "diff",
        /// Text as it came, without typesetting.
        Raw = "raw",
        /// Copy the question.
        CopyQuestion = "copy-question",
        /// Copy the code.
        CopyCode = "copy-code",
        /// Copy what the code printed.
        CopyOutput = "copy-output",
        /// Copy the code answer.
        CopyCodeAnswer = "copy-code-answer",
        /// Copy the chain of thought.
        CopyResponse = "copy-response",
        /// Copy the CoT answer.
        CopyCotAnswer = "copy-cot-answer",
        /// Copy the candidate as JSON.
        CopyJson = "copy-json",
        /// Copy the candidate's number.
        CopyId = "copy-id",
        /// Write a note in the editor, with the candidate below it.
        Editor = "editor",
        /// Correct its texts in the editor.
        Correct = "correct",
        /// Make the accepted candidate a seed of the project.
        Promote = "promote",
        /// Read the pane in the pager.
        Pager = "pager",
        /// Follow the newest candidate.
        Follow = "follow",
        /// Search in the pane.
        Find = "find",
        /// Saved views.
        Views = "views",
        /// Counts by domain, verdict and so on.
        Facets = "facets",
        // Rules.
        /// Change the selected rule.
        ToggleRule = "toggle-rule",
        /// The tier speaks earlier.
        TierEarlier = "tier-earlier",
        /// The tier speaks later.
        TierLater = "tier-later",
        /// Back to the configured rules.
        ResetRules = "reset-rules",
        /// Apply the rules as a version.
        ApplyRules = "apply-rules",
        // Audit.
        /// The plan's next pair, to be judged.
        PlanNext = "plan-next",
        /// The plan's next pair that somebody else judged.
        PlanSecond = "plan-second",
        /// Draw a plan, or enlarge it.
        PlanDraw = "plan-draw",
        /// Draw a plan that hides verdicts until they are judged.
        PlanBlind = "plan-blind",
        // Seeds.
        /// Run the seed's code and compare its output with the stated answer.
        CheckSeed = "check-seed",
        /// The same for all that are listed.
        CheckShown = "check-shown",
        /// Edit the seed.
        EditSeed = "edit-seed",
        /// Begin a run of candidates made after this seed.
        MakeFromSeed = "make-from-seed",
        /// Search the seeds.
        FilterSeeds = "filter-seeds",
        /// To the next domain.
        NextDomain = "next-domain",
        /// To the previous domain.
        PreviousDomain = "previous-domain",
        // Export.
        /// The next of what can be chosen.
        NextChoice = "next-choice",
        /// The one before.
        PreviousChoice = "previous-choice",
        /// Which candidates.
        ExportFilter = "export-filter",
        /// The file.
        ExportFile = "export-file",
        /// Write it.
        WriteExport = "write-export",
        // Overlays.
        /// Do what is selected.
        Choose = "choose",
        /// Search in what is shown.
        Search = "search",
        /// Keep the present filter as a view.
        KeepView = "keep-view",
        /// Remove what is selected.
        Remove = "remove",
    }
}
