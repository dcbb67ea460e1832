//! Charts of reports, drawn here as SVG: bars, stacked when there are several columns, and lines over time. No script, no colour alone: each series has its own
//! hatching or mark, its name in the legend and its figures in the table beside; a text says the same to who cannot see it.
//!
//! The drawing is 400 units wide and its letters 13, so that it is read on a phone as well as on paper.

use crate::report::definition::ChartKind;
use std::fmt::Write as _;

/// Width of a drawing.
const WIDTH: i64 = 400;
/// Length of the longest bar.
const LENGTH_MAX: i64 = 310;
/// Height of the field of a line chart, and of the room over it.
const FIELD: i64 = 170;
const TOP: i64 = 14;
const LEFT: i64 = 46;
/// Bars and points of a drawing at most.
pub const POINTS_MAX: usize = 24;
/// Series of a drawing at most: as many as there are hatchings and marks.
pub const SERIES_MAX: usize = 7;

/// What is to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// Names of bars or points.
    pub labels: Vec<String>,
    /// Name of each series, its values (one a label), and each value in words.
    pub series: Vec<(String, Vec<i64>)>,
}

/// A piece of a bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Place.
    pub x: i64,
    /// Place.
    pub y: i64,
    /// Length.
    pub width: i64,
    /// Which series, from 0.
    pub series: usize,
}

/// A text in the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Place.
    pub x: i64,
    /// Base line.
    pub y: i64,
    /// Text.
    pub text: String,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
}

/// A line with its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `x,y x,y …`.
    pub points: String,
    /// Path of the marks.
    pub marks: String,
    /// Which series, from 0.
    pub series: usize,
}

/// A drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// What it shows, in a few words.
    pub title: String,
    /// The same as a text.
    pub description: String,
    /// Height.
    pub height: i64,
    /// Texts.
    pub words: Vec<Words>,
    /// Pieces of bars.
    pub pieces: Vec<Piece>,
    /// Lines.
    pub lines: Vec<Line>,
    /// Heights of the lines across.
    pub rules: Vec<i64>,
    /// Signs of the legend, one a series.
    pub legend: Vec<Piece>,
    /// Marks of the legend of a line chart.
    pub legend_marks: Vec<Line>,
}

/// Draws; `show` puts a value into words. `None` when there is nothing that a drawing would make plainer.
#[must_use]
pub fn draw(kind: ChartKind, mut data: Data, title: String, show: &dyn Fn(i64) -> String) -> Option<Drawing> {
    data.series.truncate(SERIES_MAX);
    data.labels.truncate(POINTS_MAX);
    for (_, values) in &mut data.series {
        values.truncate(POINTS_MAX);
    }
    // What is nowhere but nought needs no place in the legend; what is left still says which it is.
    let several = data.series.len() > 1;
    if several {
        data.series.retain(|(_, values)| values.iter().any(|value| *value != 0));
    }
    let negative = data.series.iter().any(|(_, values)| values.iter().any(|value| *value < 0));
    if data.labels.len() < 2 || data.series.is_empty() || negative || data.series.iter().all(|(_, values)| values.iter().all(|v| *v == 0)) {
        return None;
    }
    let mut drawing = Drawing { title, description: described(&data, show), ..Drawing::default() };
    match kind {
        ChartKind::Bar => bars(&mut drawing, &data, several, show),
        ChartKind::Line => lines(&mut drawing, &data, several, show),
    }
    Some(drawing)
}

/// `三年级：男 20，女 18；…`
fn described(data: &Data, show: &dyn Fn(i64) -> String) -> String {
    let mut out = String::new();
    for (at, label) in data.labels.iter().enumerate() {
        let values: Vec<String> = data.series.iter().map(|(name, values)| format!("{name} {}", show(values.get(at).copied().unwrap_or(0)))).collect();
        // Writing to a String cannot fail.
        let _ = write!(out, "{}{label}: {}", if at == 0 { "" } else { "; " }, values.join(", "));
    }
    out
}

fn bars(drawing: &mut Drawing, data: &Data, several: bool, show: &dyn Fn(i64) -> String) {
    let total = |at: usize| data.series.iter().map(|(_, values)| values.get(at).copied().unwrap_or(0)).sum::<i64>();
    let most = (0..data.labels.len()).map(total).max().unwrap_or(1).max(1);
    let mut y = if several { legend(drawing, data, false) } else { 0 };
    for (at, label) in data.labels.iter().enumerate() {
        drawing.words.push(Words { x: 0, y: y + 13, text: label.clone(), anchor: "start" });
        let (mut x, mut sum) = (0, 0);
        for (series, (_, values)) in data.series.iter().enumerate() {
            sum += values.get(at).copied().unwrap_or(0);
            // From the sum so far, so that pieces end where the whole does.
            let end = scaled(sum, most, LENGTH_MAX);
            if end > x {
                drawing.pieces.push(Piece { x, y: y + 18, width: end - x, series });
            }
            x = end;
        }
        drawing.words.push(Words { x: x + 6, y: y + 31, text: show(sum), anchor: "start" });
        y += 42;
    }
    drawing.height = y;
}

fn scaled(value: i64, most: i64, length: i64) -> i64 {
    i64::try_from(i128::from(value) * i128::from(length) / i128::from(most.max(1))).unwrap_or(length)
}

/// The next round number at or over `most`: 1, 2 or 5 times a power of ten.
fn round_up(most: i64) -> i64 {
    let mut unit = 1_i64;
    loop {
        for step in [1, 2, 5] {
            let candidate = unit.saturating_mul(step);
            if candidate >= most || candidate == i64::MAX {
                return candidate;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

fn lines(drawing: &mut Drawing, data: &Data, several: bool, show: &dyn Fn(i64) -> String) {
    let most = data.series.iter().flat_map(|(_, values)| values).copied().max().unwrap_or(1);
    let roof = round_up(most.max(1));
    let top = if several { legend(drawing, data, true) } else { 0 } + TOP;
    let height = |value: i64| top + FIELD - scaled(value, roof, FIELD);
    // Counts of less than two have no half.
    let steps: &[i64] = if roof % 2 == 0 { &[0, roof / 2, roof] } else { &[0, roof] };
    for value in steps.iter().copied() {
        drawing.rules.push(height(value));
        drawing.words.push(Words { x: LEFT - 6, y: height(value) + 4, text: show(value), anchor: "end" });
    }
    let last = i64::try_from(data.labels.len().saturating_sub(1)).unwrap_or(1).max(1);
    let place = |at: usize| LEFT + 10 + i64::try_from(at).unwrap_or(0) * (WIDTH - LEFT - 30) / last;
    // Every label if there is room, else every second, third …
    let every = data.labels.len().div_ceil(7);
    for (at, label) in data.labels.iter().enumerate().filter(|(at, _)| at % every == 0) {
        // The outermost would stand over the edge.
        let (x, anchor) = if at > 0 && at + 1 == data.labels.len() { (WIDTH - 2, "end") } else { (place(at), "middle") };
        drawing.words.push(Words { x, y: top + FIELD + 18, text: label.clone(), anchor });
    }
    for (series, (_, values)) in data.series.iter().enumerate() {
        let spots: Vec<(i64, i64)> = values.iter().enumerate().map(|(at, value)| (place(at), height(*value))).collect();
        let points = spots.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
        drawing.lines.push(Line { points, marks: spots.iter().map(|spot| mark(series, *spot)).collect(), series });
    }
    drawing.height = top + FIELD + 28;
}

/// A mark that tells a series apart without its colour.
fn mark(series: usize, (x, y): (i64, i64)) -> String {
    match series % 4 {
        0 => format!("M{} {y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z", x - 4),
        1 => format!("M{} {}h8v8h-8Z", x - 4, y - 4),
        2 => format!("M{x} {}l5 9h-10Z", y - 5),
        _ => format!("M{x} {}l5 5l-5 5l-5 -5Z", y - 5),
    }
}

/// The legend, two series a row. Gives where the drawing begins.
fn legend(drawing: &mut Drawing, data: &Data, marks: bool) -> i64 {
    for (series, (name, values)) in data.series.iter().enumerate() {
        let at = i64::try_from(series).unwrap_or(0);
        let (x, y) = (at % 2 * (WIDTH / 2), at / 2 * 22 + 2);
        let sum: i64 = values.iter().sum();
        if marks {
            let points = format!("{x},{} {},{}", y + 8, x + 24, y + 8);
            drawing.legend_marks.push(Line { points, marks: mark(series, (x + 12, y + 8)), series });
        } else {
            drawing.legend.push(Piece { x, y: y + 1, width: 24, series });
        }
        drawing.words.push(Words { x: x + 30, y: y + 13, text: format!("{name} {sum}"), anchor: "start" });
    }
    i64::try_from(data.series.len().div_ceil(2)).unwrap_or(0) * 22 + 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(series: &[(&str, &[i64])]) -> Data {
        let most = series.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
        Data {
            labels: (1..=most).map(|n| format!("{n}月")).collect(),
            series: series.iter().map(|(name, values)| ((*name).to_owned(), values.to_vec())).collect(),
        }
    }

    fn plain(kind: ChartKind, series: &[(&str, &[i64])]) -> Option<Drawing> {
        draw(kind, data(series), "题".into(), &|value| value.to_string())
    }

    #[test]
    fn stacked_pieces_end_where_the_whole_does_and_the_longest_fills_the_field() {
        let drawing = plain(ChartKind::Bar, &[("甲", &[1, 0, 3]), ("乙", &[2, 1, 0]), ("丙", &[4, 0, 0])]).unwrap();
        let first: Vec<_> = drawing.pieces.iter().filter(|p| p.y == drawing.pieces[0].y).collect();
        assert_eq!(first.len(), 3);
        assert_eq!(first.iter().map(|p| p.width).sum::<i64>(), LENGTH_MAX);
        assert_eq!(drawing.pieces.len(), 5, "nought has no piece");
        assert!(first.windows(2).all(|pair| pair[0].x + pair[0].width == pair[1].x));
        assert_eq!(drawing.legend.len(), 3);
        assert!(drawing.description.contains("1月: 甲 1, 乙 2, 丙 4"), "{}", drawing.description);
    }

    #[test]
    fn a_line_stays_in_its_field_and_each_series_has_its_own_mark() {
        let drawing = plain(ChartKind::Line, &[("甲", &[0, 7, 12]), ("乙", &[3, 3, 3])]).unwrap();
        let bottom = *drawing.rules.iter().max().unwrap();
        for line in &drawing.lines {
            for point in line.points.split(' ') {
                let (x, y) = point.split_once(',').map(|(x, y)| (x.parse::<i64>().unwrap(), y.parse::<i64>().unwrap())).unwrap();
                assert!((0..=WIDTH).contains(&x) && (0..=bottom).contains(&y), "{point}");
            }
        }
        assert_ne!(drawing.lines[0].marks.split('Z').next().unwrap().len(), drawing.lines[1].marks.split('Z').next().unwrap().len());
    }

    #[test]
    fn a_series_that_is_left_alone_still_says_which_it_is() {
        let drawing = plain(ChartKind::Bar, &[("甲", &[1, 2]), ("乙", &[0, 0])]).unwrap();
        assert!(drawing.legend.len() == 1 && drawing.words.iter().any(|w| w.text == "甲 3"), "{drawing:?}");
        assert!(plain(ChartKind::Bar, &[("甲", &[1, 2])]).unwrap().legend.is_empty(), "one alone from the start is named by the title");
    }

    #[test]
    fn nothing_to_compare_is_not_drawn() {
        assert_eq!(plain(ChartKind::Bar, &[("甲", &[5])]), None);
        assert_eq!(plain(ChartKind::Bar, &[("甲", &[0, 0])]), None);
        assert_eq!(plain(ChartKind::Line, &[]), None);
        assert!(plain(ChartKind::Bar, &[("甲", &[i64::MAX, 1])]).is_some(), "no overflow");
        assert_eq!((round_up(1), round_up(3), round_up(12), round_up(600)), (1, 5, 20, 1000));
    }
}
