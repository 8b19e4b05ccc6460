package pebblekv

// SingleWriter reports that nobody but the holder of this store commits to it,
// so that state read from it stays valid until the holder's own next commit.
func (s *Store) SingleWriter() bool { return true }
