fn main() {
    for f in std::env::args().skip(1) {
        match wickdesk::market::read_file(f.as_ref(), &Default::default()) {
            Ok(l) => {
                println!(
                    "{} {} {} {} rows={} {}..{} gaps={} dup={} ref={} vol={} dec={} nf={}",
                    l.card.file,
                    l.card.layout,
                    l.card.symbol,
                    l.card.timeframe,
                    l.card.rows,
                    l.card.first,
                    l.card.last,
                    l.card.gaps,
                    l.card.duplicates,
                    l.card.refused,
                    l.card.volume,
                    l.card.decimals,
                    l.card.newest_first
                );
                for w in l.card.warnings() {
                    println!("   {w}");
                }
            }
            Err(e) => println!("ERR {e}"),
        }
    }
}
