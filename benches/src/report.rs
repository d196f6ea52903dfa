//! Medians over rounds.

use std::collections::BTreeMap;

/// Figures by scenario, in the order in which they first came.
#[derive(Debug, Default)]
pub(crate) struct Report {
    order: Vec<(String, &'static str)>,
    figures: BTreeMap<String, Vec<f64>>,
}

impl Report {
    /// Adds one round's figure.
    pub(crate) fn add(&mut self, name: &str, unit: &'static str, figure: f64) {
        eprintln!("  {name}: {figure:.3} {unit}");
        if !self.figures.contains_key(name) {
            self.order.push((name.to_owned(), unit));
        }
        self.figures.entry(name.to_owned()).or_default().push(figure);
    }

    /// Prints the median, the least and the greatest of each.
    pub(crate) fn print(&mut self, json: bool) {
        if !json {
            println!("{:<58} {:>12} {:>12} {:>12}  unit", "what", "median", "least", "most");
        }
        for (name, unit) in &self.order {
            let Some(figures) = self.figures.get_mut(name) else { continue };
            figures.sort_by(f64::total_cmp);
            let (least, most) = (figures[0], figures[figures.len() - 1]);
            let median = figures[figures.len() / 2];
            if json {
                println!(
                    "{}",
                    serde_json::json!({"what": name, "unit": unit, "median": median, "least": least, "most": most, "rounds": figures.len()})
                );
            } else {
                println!("{name:<58} {median:>12.2} {least:>12.2} {most:>12.2}  {unit}");
            }
        }
    }
}
