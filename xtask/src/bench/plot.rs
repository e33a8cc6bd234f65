//! Figures as lines: medians, with the least and the most of each.

use super::figures::{Row, Table, Unit};
use super::show::value_text;
use anyhow::anyhow;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;
use std::path::Path;

/// What is drawn of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot {
    /// A line each; those that were not measured are left out.
    pub(super) columns: &'static [&'static str],
    pub(super) x: &'static str,
    pub(super) y: &'static str,
    pub(super) scale: Scale,
}

/// How the axes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Both grow by factors.
    Logarithmic,
    /// Only the vertical one does.
    LogarithmicY,
}

/// Told apart also by people who see few colours.
const COLOURS: [RGBColor; 7] = [
    RGBColor(140, 140, 140),
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// A point of a line.
#[derive(Clone, Copy, Debug)]
struct Point {
    x: f64,
    median: f64,
    least: f64,
    most: f64,
}

/// A line.
#[derive(Debug)]
struct Line {
    name: &'static str,
    unit: Unit,
    points: Vec<Point>,
}

/// Draws it into this file.
pub(super) fn draw(plot: Plot, title: &str, table: &Table, file: &Path) -> anyhow::Result<()> {
    let lines: Vec<Line> = plot
        .columns
        .iter()
        .filter_map(|&column| line(column, &table.rows))
        .collect();
    let root = SVGBackend::new(file, (760, 420)).into_drawing_area();
    root.fill(&WHITE).map_err(failed)?;
    let points = || lines.iter().flat_map(|line| &line.points);
    let (left, right) = bounds(points().map(|point| point.x));
    let (low, high) = bounds(points().flat_map(|point| [point.least, point.most]));
    let vertical = (low / 1.3..high * 1.3).log_scale();
    let mut chart = ChartBuilder::on(&root);
    chart
        .caption(title, ("sans-serif", 18))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(78);
    match plot.scale {
        Scale::Logarithmic => {
            let horizontal = (left / 1.2..right * 1.2).log_scale();
            fill(
                &mut chart
                    .build_cartesian_2d(horizontal, vertical)
                    .map_err(failed)?,
                plot,
                &lines,
            )?;
        }
        Scale::LogarithmicY => {
            let horizontal = left.min(0.0)..right;
            fill(
                &mut chart
                    .build_cartesian_2d(horizontal, vertical)
                    .map_err(failed)?,
                plot,
                &lines,
            )?;
        }
    }
    root.present().map_err(failed)
}

/// The axes and the lines.
fn fill<'a, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    plot: Plot,
    lines: &[Line],
) -> anyhow::Result<()>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let unit = lines.first().map_or(Unit::Count, |line| line.unit);
    chart
        .configure_mesh()
        .x_desc(plot.x)
        .y_desc(plot.y)
        .x_label_formatter(&|x| value_text(Unit::Count, *x))
        .y_label_formatter(&|y| value_text(unit, *y))
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(BLACK.mix(0.04))
        .draw()
        .map_err(failed)?;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let points = line.points.iter().map(|point| (point.x, point.median));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))
            .map_err(failed)?
            .label(line.name)
            .legend(|(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2)));
        let ranges = line.points.iter().map(|point| {
            let ends = vec![(point.x, point.least), (point.x, point.most)];
            PathElement::new(ends, colour.stroke_width(1))
        });
        chart.draw_series(ranges).map_err(failed)?;
        let dots = line.points.iter();
        let dots = dots.map(|point| Circle::new((point.x, point.median), 3, colour.filled()));
        chart.draw_series(dots).map_err(failed)?;
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()
        .map_err(failed)
}

fn line(column: &'static str, rows: &[Row]) -> Option<Line> {
    let cells = rows
        .iter()
        .filter_map(|row| Some((row.x, row.cell(column)?)));
    let unit = cells.clone().next()?.1.unit;
    let points = cells.map(|(x, cell)| Point {
        x,
        median: cell.median(),
        least: cell.least(),
        most: cell.most(),
    });
    Some(Line {
        name: column,
        unit,
        points: points.collect(),
    })
}

/// The least and the most.
fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// The backend's errors do not outlive what they are about.
fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw: {error}")
}
