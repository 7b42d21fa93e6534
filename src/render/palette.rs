//! Colours: Okabe and Ito's, which people with any colour vision can tell apart. The same thing has
//! the same colour in every chart and in the terminal.

/// A colour \[red, green, blue, each 0 to 255\].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// Load that arrives.
    Offered,
    /// Load that the pods can take.
    Capacity,
    /// Load that fails, and time under capacity.
    Failed,
    /// Pods that are wanted.
    Desired,
    /// Pods that exist.
    Current,
    /// Pods that are Ready.
    Ready,
    /// A metric's value.
    Metric,
    /// A metric's target.
    Target,
    /// A bound: minimum, maximum, limit.
    Bound,
}

/// Black, orange, sky blue, bluish green, yellow, blue, vermillion, reddish purple.
pub const OKABE_ITO: [Color; 8] = [
    Color(0, 0, 0),
    Color(230, 159, 0),
    Color(86, 180, 233),
    Color(0, 158, 115),
    Color(240, 228, 66),
    Color(0, 114, 178),
    Color(213, 94, 0),
    Color(204, 121, 167),
];

const ORANGE: Color = OKABE_ITO[1];
const SKY_BLUE: Color = OKABE_ITO[2];
const BLUISH_GREEN: Color = OKABE_ITO[3];
const BLUE: Color = OKABE_ITO[5];
const VERMILLION: Color = OKABE_ITO[6];
const REDDISH_PURPLE: Color = OKABE_ITO[7];

impl Thing {
    /// Its colour on a light ground.
    pub fn on_light(self) -> Color {
        match self {
            Thing::Offered => BLUE,
            Thing::Capacity | Thing::Ready => BLUISH_GREEN,
            Thing::Failed => VERMILLION,
            Thing::Desired => ORANGE,
            Thing::Current => SKY_BLUE,
            Thing::Metric => REDDISH_PURPLE,
            Thing::Target => Color(80, 80, 80),
            Thing::Bound => Color(130, 130, 130),
        }
    }

    /// Its colour on a dark ground: the dark ones of the palette are lightened.
    pub fn on_dark(self) -> Color {
        match self {
            Thing::Offered => SKY_BLUE,
            Thing::Capacity | Thing::Ready => Color(38, 190, 146),
            Thing::Failed => Color(240, 120, 40),
            Thing::Desired => Color(245, 185, 50),
            Thing::Current => Color(140, 205, 240),
            Thing::Metric => Color(225, 155, 192),
            Thing::Target => Color(200, 200, 200),
            Thing::Bound => Color(140, 140, 140),
        }
    }
}
