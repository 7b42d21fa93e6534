//! What can happen to the player. The terminal's events become messages in `event`; tests send them
//! themselves.

/// Something that the player is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Message {
    /// So many milliseconds of the viewer's time went by.
    Elapsed(f64),
    /// The terminal has so many columns and rows.
    Resize(u16, u16),
    /// Leave.
    Quit,
    /// Play, or pause.
    TogglePlay,
    /// The next or the previous speed.
    Speed(Way),
    /// So many simulated seconds.
    Seconds(i64),
    /// To the next or the previous entry of the log.
    Event(Way),
    /// To the next or the previous sync of the HPA that changed the scale.
    Rescale(Way),
    /// To the next or the previous sync of the HPA.
    Sync(Way),
    /// A tenth of what the charts show.
    Page(Way),
    /// To the start or the end.
    Edge(Way),
    /// Show half or twice as much time.
    Zoom(Way),
    /// Show all of the time.
    Whole,
    /// Follow the next or the previous pod.
    Follow(Way),
    /// Show only what is about the followed pod, or all.
    OnlyFollowed,
    /// Leave what is routine for pods out of the log, or show it.
    Brief,
    /// The next or the previous workload.
    Workload(Way),
    /// The other of two takes.
    Other,
    /// Open a page or a form.
    Open(Page),
    /// Close what is open; without that, stop following.
    Close,
    /// A character was typed into a field.
    Type(char),
    /// The last character of a field goes.
    Erase,
    /// A field is done.
    Accept,
    /// To the next or the previous entry of the log that has what was searched.
    Found(Way),
    /// A line up or down: in a page, a form, or the pods.
    Line(Way),
    /// The mouse was pressed, or dragged, at a column and row.
    Click(u16, u16),
    /// The wheel was turned at a column and row.
    Wheel(u16, u16, Way),
    /// The field that is typed is as it was.
    Revert,
    /// Write the changes of the last what-if as a patch.
    WritePatch,
    /// Leave the last what-if.
    Undo,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Onward, later, faster, closer.
    Forward,
    /// The other way.
    Back,
}

/// Pages and forms that can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// All keys.
    Help,
    /// The HPA's view, whole.
    Hpa,
    /// The explanation of what is at the cursor.
    Explain,
    /// Where to jump to.
    Goto,
    /// What to search in the log.
    Search,
    /// What to change.
    WhatIf,
}

impl Way {
    /// 1 forward, -1 back.
    pub fn sign(self) -> i64 {
        match self {
            Way::Forward => 1,
            Way::Back => -1,
        }
    }

    /// Whether it is forward.
    pub fn is_forward(self) -> bool {
        self == Way::Forward
    }
}
