fn main() {
    for f in std::env::args().skip(1) {
        match wickdesk::market::read_file(f.as_ref(), &Default::default()) {
            Ok(l) => {
                let p = std::path::Path::new(&f);
                let d = std::path::Path::new("/tmp/exp").join(p.file_stem().unwrap());
                println!("{:?}", wickdesk::facts::export::export(&l.series, &d));
                println!("{}", wickdesk::facts::Facts::of(&l.series).block.fenced(&[]));
            }
            Err(e) => println!("ERR {e}"),
        }
    }
}
