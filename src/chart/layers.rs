//! What can be drawn on the candles, each switched on or off by itself.

/// Something drawn on the candles or beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Swing points, breaks of structure, changes of character.
    Structure,
    /// Order blocks.
    OrderBlocks,
    /// Fair value gaps.
    Gaps,
    /// Equal highs and lows.
    EqualLevels,
    /// Fibonacci levels of the last leg.
    Fibonacci,
    /// Day, week, month and session levels.
    Sessions,
    /// Moving averages.
    Averages,
    /// The volume profile at the side.
    Profile,
    /// The RSI below.
    Rsi,
    /// The volume below.
    Volume,
}

impl Layer {
    /// All of them, each with its key and its name.
    pub const ALL: [(Layer, char, &'static str); 10] = [
        (Layer::Structure, 's', "structure"),
        (Layer::OrderBlocks, 'b', "order blocks"),
        (Layer::Gaps, 'g', "fair value gaps"),
        (Layer::EqualLevels, 'e', "equal highs and lows"),
        (Layer::Fibonacci, 'f', "Fibonacci"),
        (Layer::Sessions, 'd', "day and session levels"),
        (Layer::Averages, 'a', "moving averages"),
        (Layer::Profile, 'p', "volume profile"),
        (Layer::Rsi, 'r', "RSI below"),
        (Layer::Volume, 'v', "volume below"),
    ];
}

/// The layers that are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers(u16);

impl Layers {
    /// None.
    pub const NONE: Layers = Layers(0);

    /// These.
    pub fn of(layers: impl IntoIterator<Item = Layer>) -> Self {
        layers
            .into_iter()
            .fold(Self::NONE, |all, layer| Self(all.0 | bit(layer)))
    }

    /// All.
    pub fn all() -> Self {
        Self::of(Layer::ALL.map(|(layer, ..)| layer))
    }

    /// Whether this one is on.
    pub fn has(self, layer: Layer) -> bool {
        self.0 & bit(layer) != 0
    }

    /// Switches one on or off.
    pub fn toggle(&mut self, layer: Layer) {
        self.0 ^= bit(layer);
    }
}

impl Default for Layers {
    /// What leaves the candles easy to read.
    fn default() -> Self {
        Self::of([
            Layer::Structure,
            Layer::OrderBlocks,
            Layer::Fibonacci,
            Layer::Rsi,
            Layer::Volume,
        ])
    }
}

fn bit(layer: Layer) -> u16 {
    1 << layer as u16
}
