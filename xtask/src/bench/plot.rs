//! Figures as lines: medians, with the least and the most of each.

use super::figures::{Row, Table, Unit};
use super::show::value_text;
use anyhow::anyhow;
use plotters::coord::Shift;
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

/// In pixels; what the colours mean stands at the right.
const WIDTH: u32 = 640;
const LEGEND: u32 = 150;
const HEIGHT: u32 = 420;

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
    let root = SVGBackend::new(file, (WIDTH + LEGEND, HEIGHT)).into_drawing_area();
    root.fill(&WHITE).map_err(failed)?;
    let (area, legend) = root.split_horizontally(WIDTH);
    let points = || lines.iter().flat_map(|line| &line.points);
    let (left, right) = bounds(points().map(|point| point.x));
    let (low, high) = bounds(points().flat_map(|point| [point.least, point.most]));
    let vertical = (low / 1.3..high * 1.3).log_scale();
    let mut chart = ChartBuilder::on(&area);
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
    name(&lines, &legend)?;
    root.present().map_err(failed)
}

/// What the colours mean.
fn name(lines: &[Line], area: &DrawingArea<SVGBackend<'_>, Shift>) -> anyhow::Result<()> {
    let mut y = 60;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let dash = PathElement::new(vec![(0, y), (18, y)], colour.stroke_width(3));
        area.draw(&dash).map_err(failed)?;
        let text = Text::new(line.name, (26, y - 6), ("sans-serif", 14));
        area.draw(&text).map_err(failed)?;
        y += 22;
    }
    Ok(())
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
        .y_label_formatter(&|y| {
            let labelled = labelled(*y);
            if labelled {
                value_text(unit, *y)
            } else {
                String::new()
            }
        })
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(BLACK.mix(0.04))
        .draw()
        .map_err(failed)?;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let points = line.points.iter().map(|point| (point.x, point.median));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))
            .map_err(failed)?;
        let ranges = line.points.iter().map(|point| {
            let ends = vec![(point.x, point.least), (point.x, point.most)];
            PathElement::new(ends, colour.stroke_width(1))
        });
        chart.draw_series(ranges).map_err(failed)?;
        let dots = line.points.iter();
        let dots = dots.map(|point| Circle::new((point.x, point.median), 3, colour.filled()));
        chart.draw_series(dots).map_err(failed)?;
    }
    Ok(())
}

/// Whether an axis that grows by factors has a label here.
fn labelled(value: f64) -> bool {
    let first = value / 10_f64.powf(value.abs().log10().floor());
    value == 0.0
        || [1.0, 2.0, 5.0, 10.0]
            .iter()
            .any(|digit| (first - digit).abs() < 0.01)
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
