//! Treemaps: areas in proportion to sizes, nearly square (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).

/// A rectangle; the unit is the caller's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Area {
    fn size(self) -> f64 {
        self.width * self.height
    }

    fn shorter_side(self) -> f64 {
        self.width.min(self.height)
    }
}

/// Divides `bounds` into areas in proportion to `sizes`, in their order, which should be the largest first. Sizes of
/// zero have areas of zero.
#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of files are far below 2^53"
)]
pub(super) fn squarified(sizes: &[u64], bounds: Area) -> Vec<Area> {
    let total: f64 = sizes.iter().map(|size| *size as f64).sum();
    let scale = if total > 0.0 {
        bounds.size() / total
    } else {
        0.0
    };
    let scaled: Vec<f64> = sizes.iter().map(|size| *size as f64 * scale).collect();
    let mut areas = Vec::with_capacity(sizes.len());
    let mut free = bounds;
    let mut rest = scaled.as_slice();
    while !rest.is_empty() {
        let count = row_length(rest, free.shorter_side());
        let (row, others) = rest.split_at(count);
        free = place(row, free, &mut areas);
        rest = others;
    }
    areas
}

/// How many of `sizes` make the best row along a side: the next one would make its areas less square.
fn row_length(sizes: &[f64], side: f64) -> usize {
    let mut count = 1;
    while count < sizes.len()
        && worst_ratio(&sizes[..=count], side) <= worst_ratio(&sizes[..count], side)
    {
        count += 1;
    }
    count
}

/// The ratio of the longer to the shorter side of the least square area in a row; 1 is a square.
fn worst_ratio(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let ratio = |size: &f64| {
        let (along, across) = (size / sum * side, sum / side);
        (along / across).max(across / along)
    };
    let ratios = row.iter().map(ratio);
    ratios
        .map(|ratio| if ratio.is_finite() { ratio } else { f64::MAX })
        .fold(0.0, f64::max)
}

/// Places a row along the shorter side of `free`, and returns what is left of it.
fn place(row: &[f64], free: Area, areas: &mut Vec<Area>) -> Area {
    let sum: f64 = row.iter().sum();
    let is_column = free.width >= free.height;
    let side = free.shorter_side();
    let thickness = if side > 0.0 { sum / side } else { 0.0 };
    let mut offset = 0.0;
    for size in row {
        let length = if sum > 0.0 { size / sum * side } else { 0.0 };
        areas.push(if is_column {
            Area {
                y: free.y + offset,
                width: thickness,
                height: length,
                ..free
            }
        } else {
            Area {
                x: free.x + offset,
                width: length,
                height: thickness,
                ..free
            }
        });
        offset += length;
    }
    if is_column {
        Area {
            x: free.x + thickness,
            width: (free.width - thickness).max(0.0),
            ..free
        }
    } else {
        Area {
            y: free.y + thickness,
            height: (free.height - thickness).max(0.0),
            ..free
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[expect(clippy::cast_precision_loss, reason = "a test")]
    fn part(size: u64, total: u64) -> f64 {
        size as f64 / total as f64
    }

    const TOLERANCE: f64 = 1e-6;

    fn overlap(a: Area, b: Area) -> f64 {
        let width = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
        let height = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
        width.max(0.0) * height.max(0.0)
    }

    #[test]
    fn the_example_of_the_paper_is_divided_as_in_the_paper() {
        let bounds = Area {
            x: 0.0,
            y: 0.0,
            width: 6.0,
            height: 4.0,
        };
        let areas = squarified(&[6, 6, 4, 3, 2, 2, 1], bounds);
        let sides = areas.iter().map(|area| {
            let round = |number: f64| (number * 100.0).round() / 100.0;
            (round(area.width), round(area.height))
        });
        let expected = [
            (3.0, 2.0),
            (3.0, 2.0),
            (1.71, 2.33),
            (1.29, 2.33),
            (1.2, 1.67),
            (1.2, 1.67),
            (0.6, 1.67),
        ];
        assert_eq!(sides.collect::<Vec<_>>(), expected);
    }

    proptest! {
        #[test]
        fn areas_are_proportional_and_inside_and_apart(
            mut sizes in prop::collection::vec(0_u64..300_000_000, 0..40),
            width in 1.0..2000.0, height in 1.0..2000.0,
        ) {
            sizes.sort_unstable_by(|a, b| b.cmp(a));
            let bounds = Area { x: 3.0, y: 5.0, width, height };
            let areas = squarified(&sizes, bounds);
            let total: u64 = sizes.iter().sum();
            prop_assert_eq!(areas.len(), sizes.len());
            for (index, (area, size)) in areas.iter().zip(&sizes).enumerate() {
                if total > 0 {
                    let expected = part(*size, total) * width * height;
                    prop_assert!((area.size() - expected).abs() <= TOLERANCE * width * height);
                }
                prop_assert!(area.x >= bounds.x - TOLERANCE && area.y >= bounds.y - TOLERANCE);
                prop_assert!(area.x + area.width <= bounds.x + width + TOLERANCE * width);
                prop_assert!(area.y + area.height <= bounds.y + height + TOLERANCE * height);
                for other in &areas[index + 1..] {
                    prop_assert!(overlap(*area, *other) <= TOLERANCE * width * height);
                }
            }
        }
    }
}
