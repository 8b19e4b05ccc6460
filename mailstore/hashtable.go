package mailstore

// hashTable maps hashes to numbers. Hashes are random already.
type hashTable struct {
	mask  uint64
	used  int
	slots []hashSlot
}

type hashSlot struct {
	hash  uint64
	value int32 // one more; 0: free
}

func newHashTable(n int) *hashTable {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return &hashTable{mask: uint64(size - 1), slots: make([]hashSlot, size)}
}

// slot finds a hash's slot, or the free one where it goes.
func (t *hashTable) slot(hash uint64) *hashSlot {
	for i := hash & t.mask; ; i = (i + 1) & t.mask {
		if s := &t.slots[i]; s.value == 0 || s.hash == hash {
			return s
		}
	}
}

// put answers what a hash stands for; it stands for value from now on if it did
// not for anything.
func (t *hashTable) put(hash uint64, value int32) (got int32, added bool) {
	s := t.slot(hash)
	if s.value != 0 {
		return s.value - 1, false
	}
	if t.used++; 2*t.used > len(t.slots) {
		t.grow()
		s = t.slot(hash)
	}
	*s = hashSlot{hash, value + 1}
	return value, true
}

// set makes a hash that is there stand for value.
func (t *hashTable) set(hash uint64, value int32) { t.slot(hash).value = value + 1 }

func (t *hashTable) grow() {
	old := t.slots
	t.slots = make([]hashSlot, 2*len(old))
	t.mask = uint64(len(t.slots) - 1)
	for _, s := range old {
		if s.value != 0 {
			*t.slot(s.hash) = s
		}
	}
}
