//! Who may make a call of which model, and who pays and is limited for it: tables in `../data`.

#[cfg(test)]
mod rows;
