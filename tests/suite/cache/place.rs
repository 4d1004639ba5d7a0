//! Where the store lies: private, and nobody else's.

use wickdesk::cache::{Cache, Trouble};

use super::{NOW, entry, key, options};
use crate::support::Home;

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::path::Path;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn reason(trouble: Option<Trouble>) -> String {
        trouble.map(|t| t.to_string()).unwrap_or_default()
    }

    #[test]
    fn directory_and_files_are_private_also_where_they_were_not() {
        let home = Home::new();
        let open = || {
            let (cache, trouble) = Cache::open(&options(&home, 1 << 30), NOW);
            assert_eq!(trouble, None);
            cache.put(&key(1), entry(0, "a"), b"").wait().unwrap();
        };
        std::fs::create_dir(home.path("cache")).unwrap();
        std::fs::set_permissions(home.path("cache"), PermissionsExt::from_mode(0o755)).unwrap();
        open();
        for name in ["v1/data.mdb", "v1/lock.mdb", "v1/stamp", "v1.lock"] {
            assert_eq!(mode(&home.path(&format!("cache/{name}"))), 0o600, "{name}");
            std::fs::set_permissions(home.path(&format!("cache/{name}")), PermissionsExt::from_mode(0o666)).unwrap();
        }
        assert_eq!(
            (mode(&home.path("cache")), mode(&home.path("cache/v1"))),
            (0o700, 0o700)
        );
        std::fs::set_permissions(home.path("cache/v1"), PermissionsExt::from_mode(0o777)).unwrap();
        open();
        for name in ["v1/data.mdb", "v1/lock.mdb", "v1/stamp", "v1.lock"] {
            assert_eq!(mode(&home.path(&format!("cache/{name}"))), 0o600, "{name}");
        }
        assert_eq!(mode(&home.path("cache/v1")), 0o700);
    }

    #[test]
    fn a_directory_with_other_things_in_it_keeps_its_mode() {
        let home = Home::new();
        home.write("cache/notes.txt", "mine");
        std::fs::set_permissions(home.path("cache"), PermissionsExt::from_mode(0o755)).unwrap();
        let (_cache, trouble) = Cache::open(&options(&home, 1 << 30), NOW);
        assert_eq!(trouble, None);
        assert_eq!(
            (mode(&home.path("cache")), mode(&home.path("cache/v1"))),
            (0o755, 0o700)
        );
    }

    #[test]
    fn the_umask_makes_no_difference() {
        let home = Home::new();
        let script = format!("umask 0; exec {} ask hi", env!("CARGO_BIN_EXE_wickdesk"));
        let mut command = std::process::Command::new("sh");
        let ran = command
            .env_clear()
            .envs(home.variables())
            .args(["-c", &script])
            .output()
            .unwrap();
        assert!(ran.status.success());
        for (name, expected) in [
            ("", 0o700),
            ("/v1", 0o700),
            ("/v1/data.mdb", 0o600),
            ("/v1/lock.mdb", 0o600),
        ] {
            assert_eq!(mode(&home.path(&format!("cache/wickdesk{name}"))), expected, "{name}");
        }
    }

    #[test]
    fn a_symbolic_link_is_refused_and_memory_goes_on() {
        for link in ["cache", "cache/v1", "cache/v1/data.mdb"] {
            let home = Home::new();
            std::fs::create_dir_all(home.path("cache/v1")).unwrap();
            std::fs::create_dir(home.path("elsewhere")).unwrap();
            let at = home.path(link);
            let _ = std::fs::remove_dir_all(&at);
            symlink(home.path("elsewhere"), &at).unwrap();
            let (cache, trouble) = Cache::open(&options(&home, 1 << 30), NOW);
            assert!(reason(trouble).contains("symbolic link"), "{link}");
            assert!(cache.put(&key(1), entry(0, "a"), b"").wait().is_err());
            assert!(cache.get(&key(1), wickdesk::cache::Want::Newest, NOW).is_some());
            assert_eq!(std::fs::read_dir(home.path("elsewhere")).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_directory_of_another_user_is_refused() {
        let home = Home::new();
        std::fs::create_dir(home.path("cache")).unwrap();
        let me = std::fs::metadata(home.path("cache")).unwrap().uid();
        if std::os::unix::fs::chown(home.path("cache"), Some(me + 1), None).is_err() {
            return crate::support::skipped("a directory of another user", "only root can give one away");
        }
        crate::support::ran("a directory of another user");
        let (_, trouble) = Cache::open(&options(&home, 1 << 30), NOW);
        assert!(reason(trouble).contains("another user"));
    }
}
