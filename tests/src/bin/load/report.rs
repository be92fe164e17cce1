//! The figures as a table of ratios.

use std::fmt;

use tests::figures::verdict;

use crate::measure::{Kind, Latency, Target, Throughput};

/// Added milliseconds that DESIGN section 9 promises, at the 50th and 99th percentile.
const ADDED: [f64; 2] = [0.3, 1.0];
/// CPU time a call, as a multiple of the bare proxy's.
const PROXY_RATIO: f64 = 1.5;

/// All figures of a run, by target and kind.
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    /// Whether it is held to the targets.
    judged: bool,
    cells: [Cell; Kind::ALL.len()],
}

#[derive(Default)]
struct Cell {
    latency: Latency,
    throughput: Throughput,
}

impl Report {
    pub(crate) fn new(targets: &[Target]) -> Self {
        let rows = targets.iter().map(|it| Row { name: it.name, judged: it.is_gateway(), cells: Default::default() });
        Self { rows: rows.collect() }
    }

    pub(crate) fn add_latency(&mut self, target: usize, kind: Kind, latency: Latency) {
        if let Some(cell) = self.cell_mut(target, kind) {
            cell.latency.first.extend(latency.first);
            cell.latency.whole.extend(latency.whole);
        }
    }

    pub(crate) fn add_throughput(&mut self, target: usize, kind: Kind, more: Throughput) {
        if let Some(cell) = self.cell_mut(target, kind) {
            cell.throughput.calls += more.calls;
            cell.throughput.failed += more.failed;
            cell.throughput.seconds += more.seconds;
            cell.throughput.cpu_seconds += more.cpu_seconds;
        }
    }

    fn cell_mut(&mut self, target: usize, kind: Kind) -> Option<&mut Cell> {
        self.rows.get_mut(target)?.cells.get_mut(kind as usize)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(direct) = self.rows.first() else { return Ok(()) };
        for kind in Kind::ALL {
            let Some(base) = direct.cells.get(kind as usize) else { continue };
            writeln!(
                out,
                "\n{kind:?} ({}), {} calls a target at one connection",
                kind.script(),
                base.latency.whole.count()
            )?;
            writeln!(out, "{:<12}{:>28}{:>28}", "", "first piece p50 / p99", "whole p50 / p99")?;
            for row in &self.rows {
                let Some(cell) = row.cells.get(kind as usize) else { continue };
                cell.latency_line(out, row, base)?;
            }
            writeln!(out, "{:<12}{:>14}{:>18}{:>20}{:>10}", "", "calls/s", "calls/CPU s", "CPU of proxy", "failed")?;
            let proxy = self.rows.get(1).and_then(|it| it.cells.get(kind as usize));
            for row in &self.rows {
                let Some(cell) = row.cells.get(kind as usize) else { continue };
                cell.throughput_line(out, row, proxy.unwrap_or(base))?;
            }
        }
        Ok(())
    }
}

impl Cell {
    fn latency_line(&self, out: &mut fmt::Formatter<'_>, row: &Row, base: &Self) -> fmt::Result {
        let pairs = [(&self.latency.first, &base.latency.first), (&self.latency.whole, &base.latency.whole)];
        write!(out, "{:<12}", row.name)?;
        for (own, direct) in pairs {
            if std::ptr::eq(self, base) {
                write!(out, "{:>28}", format!("{:.3} / {:.3} ms", own.percentile(50), own.percentile(99)))?;
                continue;
            }
            let added = [50, 99].map(|it| own.percentile(it) - direct.percentile(it));
            let judge = |at: usize| if row.judged { verdict(added[at], ADDED[at]) } else { "" };
            let text = format!("{:+.3} {} / {:+.3} {}", added[0], judge(0), added[1], judge(1));
            write!(out, "{text:>28}")?;
        }
        writeln!(out)
    }

    fn throughput_line(&self, out: &mut fmt::Formatter<'_>, row: &Row, proxy: &Self) -> fmt::Result {
        let (own, proxy) = (self.throughput, proxy.throughput);
        let ratio = proxy.per_cpu_second() / own.per_cpu_second().max(1.0);
        writeln!(
            out,
            "{:<12}{:>14.0}{:>18.0}{:>20}{:>10}",
            row.name,
            own.per_second(),
            own.per_cpu_second(),
            format!("{ratio:.2}x {}", if row.judged { verdict(ratio, PROXY_RATIO) } else { "" }),
            own.failed,
        )
    }
}

impl Throughput {
    fn per_second(self) -> f64 {
        self.calls as f64 / self.seconds.max(1e-9)
    }

    fn per_cpu_second(self) -> f64 {
        self.calls as f64 / self.cpu_seconds.max(0.01)
    }
}
