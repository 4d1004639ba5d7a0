//! Episodes: results that share candles, gathered so that what is left between two of them is as good as independent.
//!
//! Trades in time order are cut into episodes: one begins with a trade, and every trade that starts before that one ends
//! belongs to it. Their number is the number of independent trades. Trades at the edge of an episode still overlap the next
//! one, so episodes that touch are joined into clusters for as long as enough clusters remain to measure their spread.

/// One result, and the candles that decided it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// When it began, UTC epoch seconds: the as-of.
    pub start: i64,
    /// When it was decided, UTC epoch seconds.
    pub end: i64,
    /// The result.
    pub value: f64,
}

impl Observation {
    /// The end, at least a second after the start: two results of one instant are not independent.
    pub(super) fn until(self) -> i64 {
        self.end.max(self.start.saturating_add(1))
    }
}

/// Clusters are joined for as long as they are worth this many of equal size. More would leave neighbours that depend on each
/// other, fewer would leave too few to measure the spread. Both were simulated: `cargo bench --bench coverage`.
pub(super) const WORTH: f64 = 10.0;
/// Most clusters where they overlap, or differ so much in size that the quantile is simulated. Bounds the work.
const MOST: usize = 64;

/// Orders by start, then end: the order in which episodes are cut.
pub(super) fn sort(observations: &mut [Observation]) {
    observations.sort_by_key(|o| (o.start, o.end));
}

/// The episode of each result, counted from 0; `sorted` as [`sort`] does.
pub(super) fn episodes(sorted: &[Observation]) -> Vec<usize> {
    let mut free_from = i64::MIN;
    let mut begun = 0;
    sorted
        .iter()
        .map(|observation| {
            if observation.start >= free_from {
                free_from = observation.until();
                begun += 1;
            }
            begun - 1
        })
        .collect()
}

/// Results in clusters.
#[derive(Debug, Clone)]
pub(super) struct Clusters {
    /// The cluster of each result, counted from 0 and never falling.
    pub of: Vec<usize>,
    /// How many results each has.
    pub sizes: Vec<f64>,
    /// Whether a result of one overlaps a result of another.
    pub overlap: bool,
}

impl Clusters {
    /// Joins episodes: the longest runs of episodes that overlap each other, as long as the clusters are worth [`WORTH`].
    pub fn of(sorted: &[Observation], episodes: &[usize]) -> Self {
        let count = episodes.last().map_or(0, |last| last + 1);
        // Whether results of earlier episodes reach into each one.
        let mut crossed = vec![false; count];
        let (mut reach, mut before) = (i64::MIN, usize::MAX);
        for (observation, episode) in sorted.iter().zip(episodes) {
            if *episode != before {
                crossed[*episode] = observation.start < reach;
                before = *episode;
            }
            reach = reach.max(observation.until());
        }
        let mut longest = count.max(1);
        loop {
            let clusters = Self::joined(episodes, &crossed, longest);
            if longest == 1 || clusters.worth() >= WORTH {
                let bounded = !clusters.overlap || clusters.sizes.len() <= MOST;
                return if bounded { clusters } else { clusters.coarser() };
            }
            longest = longest.div_ceil(2);
        }
    }

    /// Runs of at most `longest` episodes, each of which overlaps the one before.
    fn joined(episodes: &[usize], crossed: &[bool], longest: usize) -> Self {
        let (mut clusters, mut run, mut overlap) = (Vec::with_capacity(crossed.len()), 0, false);
        let mut current = 0;
        for (at, crossed) in crossed.iter().enumerate() {
            if *crossed && run < longest {
                run += 1;
            } else {
                overlap |= *crossed;
                current += usize::from(at > 0);
                run = 1;
            }
            clusters.push(current);
        }
        Self::new(episodes.iter().map(|e| clusters[*e]).collect(), overlap)
    }

    fn new(of: Vec<usize>, overlap: bool) -> Self {
        let mut sizes = vec![0.0; of.last().map_or(0, |last| last + 1)];
        for cluster in &of {
            sizes[*cluster] += 1.0;
        }
        Self { of, sizes, overlap }
    }

    /// How many clusters of equal size these are worth.
    pub fn worth(&self) -> f64 {
        let total: f64 = self.sizes.iter().sum();
        total * total / self.sizes.iter().map(|s| s * s).sum::<f64>()
    }

    /// Whether there are more than a simulated quantile is made for.
    pub fn are_many(&self) -> bool {
        self.sizes.len() > 2 * MOST
    }

    /// Neighbours joined, small ones first, until there are at most twice [`MOST`].
    pub fn coarser(&self) -> Self {
        let room = self.sizes.iter().sum::<f64>() / MOST as f64;
        let (mut joined, mut held) = (Vec::with_capacity(self.sizes.len()), 0.0);
        let mut current = 0;
        for (at, size) in self.sizes.iter().enumerate() {
            if at > 0 && held + size > room {
                current += 1;
                held = 0.0;
            }
            held += size;
            joined.push(current);
        }
        Self::new(self.of.iter().map(|c| joined[*c]).collect(), self.overlap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(spans: &[(i64, i64)]) -> usize {
        let each = spans.iter().map(|(start, end)| Observation {
            start: *start,
            end: *end,
            value: 0.0,
        });
        let mut sorted: Vec<Observation> = each.collect();
        sort(&mut sorted);
        episodes(&sorted).last().map_or(0, |last| last + 1)
    }

    #[test]
    fn overlapping_spans_count_once() {
        assert_eq!(spans(&[(0, 10), (5, 15), (10, 20), (20, 30)]), 3);
        assert_eq!(spans(&[]), 0);
        // Told sixty times, and decided in the candle it was asked at: one event.
        assert_eq!(spans(&[(7, 7); 60]), 1);
        // A long one with three short ones in it is taken first and blocks them.
        assert_eq!(spans(&[(0, 100), (1, 5), (10, 20), (30, 40)]), 1);
    }

    #[test]
    fn clusters_are_cut_where_nothing_overlaps() {
        let burst = |at: i64| (0..4).map(move |k| (at * 100 + k * 4, at * 100 + k * 4 + 10));
        let mut observations: Vec<Observation> = (0..12)
            .flat_map(burst)
            .map(|(start, end)| Observation { start, end, value: 0.0 })
            .collect();
        sort(&mut observations);
        let episodes = episodes(&observations);
        assert_eq!(episodes.last(), Some(&23), "two episodes a burst");
        let clusters = Clusters::of(&observations, &episodes);
        assert_eq!((clusters.sizes.len(), clusters.overlap), (12, false));
        assert!(clusters.sizes.iter().all(|size| *size == 4.0));
    }

    #[test]
    fn a_chain_without_a_gap_is_cut_into_few() {
        let observations: Vec<Observation> = (0..10_000)
            .map(|start| Observation {
                start,
                end: start + 10,
                value: 0.0,
            })
            .collect();
        let clusters = Clusters::of(&observations, &episodes(&observations));
        assert!(clusters.overlap && (10..=20).contains(&clusters.sizes.len()));
    }
}
