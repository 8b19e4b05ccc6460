package buffers

import "testing"

// TestPool asks for buffers of several sizes and gives back such as the pool keeps and
// such as it does not.
func TestPool(t *testing.T) {
	p := New(64, 256)
	for range 100 {
		for _, size := range []int{0, 1, 64, 65, 256, 257, 5000} {
			b := p.Get(size)
			if len(b) != 0 || cap(b) < max(size, 64) {
				t.Fatalf("asked for %d: length %d, room for %d", size, len(b), cap(b))
			}
			if size == 0 && cap(b) > 256 {
				t.Fatalf("a buffer for %d was kept", cap(b))
			}
			p.Put(append(b, make([]byte, size)...))
			p.Put(make([]byte, 10))
			p.Put(nil)
		}
	}
}
