//! stub
pub mod terminal;
pub struct Start {
    pub candles: Option<std::path::PathBuf>,
    pub template: Option<String>,
    pub model: Option<String>,
    pub warning: Option<String>,
}
pub fn run(_desk: crate::desk::Desk, _start: Start) -> std::io::Result<()> {
    Ok(())
}
