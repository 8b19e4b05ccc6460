package mailstore

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/cputime"
	"github.com/restante/restante/message"
)

func TestColumnFind(t *testing.T) {
	var b columnBuilder
	b.reset(3, nil)
	texts := map[int]string{0: "alpha", 1: "beta", 7: "ALPHABET", 200: "z", 255: "omega alpha"}
	for i, text := range texts {
		raw := []byte("Subject: " + text + "\r\n\r\n")
		b.add(restante.EmailID(3*blockSize+i), message.Summary(message.Parse(raw).AppendSummary(nil)))
	}
	block := b.finish()
	for _, c := range []struct {
		needle string
		want   []int
	}{
		{"ALPHA", []int{0, 7, 255}},
		{"ALPHAB", []int{7}}, // not of 0 and 1 together
		{"A", []int{0, 1, 7, 255}},
		{"AZ", nil},
		{"Z", []int{200}},
		{"OMEGA ALPHA", []int{255}},
	} {
		var got, each pageMask
		block.fields[columnSubject].find([]byte(c.needle), &got)
		block.fields[columnSubject].findEach([]byte(c.needle), &block.have, &each)
		var want pageMask
		for _, i := range c.want {
			want[i>>6] |= 1 << (i & 63)
		}
		if got != want || each != want {
			t.Errorf("%q: %v and %v, want %v", c.needle, got, each, want)
		}
	}
	// A block made from this one and more keeps what it has.
	b.reset(3, block)
	b.add(3*blockSize+100, message.Summary(message.Parse([]byte("Subject: new\r\nFrom: x@y\r\n\r\n")).AppendSummary(nil)))
	b.miss(3*blockSize + 101)
	next := b.finish()
	for i, text := range texts {
		if got := string(next.fields[columnSubject].of(i)); got != string(foldField(nil, []byte(text))) {
			t.Errorf("%d: %q", i, got)
		}
	}
	if string(next.fields[columnSubject].of(100)) != "NEW" || string(next.fields[columnFrom].of(100)) != "X@Y" || block.have.has(100) {
		t.Error("the new content is not in the new block alone")
	}
	if _, n := next.lacks(&pageMask{1, 3 << 36}); n != 0 { // 0, 100, 101
		t.Errorf("%d are missing", n)
	}
}

// TestColumnFindOfOneLetter holds that texts which all but hold the needle cost no more
// than to be read: it was minutes.
func TestColumnFindOfOneLetter(t *testing.T) {
	var texts [blockSize][]byte
	long := bytes.Repeat([]byte("A"), 64<<10)
	for i := range texts {
		texts[i] = long
	}
	texts[9] = append(long[:len(long):len(long)], 'A')
	c := joinTexts(&texts)
	var got pageMask
	took := cputime.Of(t, func() { c.find(texts[9], &got) })
	if want := (pageMask{1 << 9}); got != want || took > 10*time.Second {
		t.Errorf("%v, want %v, took %v", got, want, took)
	}
}

func TestColumnCacheBound(t *testing.T) {
	block := func(n uint64) *columnBlock {
		return &columnBlock{number: n, fields: [columnCount]textColumn{{text: make([]byte, 10_000)}}}
	}
	size := block(0).size()
	c := &columnCache{limit: 4*size + 4*accountColumnsSize}
	held := func(id restante.AccountID) int {
		uses := []*blockUse{{number: 0}, {number: 1}, {number: 2}, {number: 3}, {number: 4}, {number: 5}}
		c.get(c.account(id, 1), uses)
		n := 0
		for _, u := range uses {
			if u.block != nil {
				n++
			}
		}
		return n
	}
	one, two := c.account(1, 1), c.account(2, 1)
	c.put(one, block(0))
	c.put(two, block(0))
	c.put(two, block(1))
	c.put(two, block(1)) // again: takes no more room
	held(1)              // used after 2
	three := c.account(3, 1)
	c.put(three, block(0))
	c.put(three, block(1))
	if got := fmt.Sprint(held(1), held(2), held(3)); got != "1 0 2" {
		t.Errorf("held %s, want 1 0 2", got)
	}
	for i := range uint64(6) {
		c.put(three, block(i))
	}
	if got := held(3); got != 4 {
		t.Errorf("an account alone holds %d blocks, want the 4 that fit", got)
	}
	if c.mu.bytes > c.limit {
		t.Errorf("%d bytes are held, bound is %d", c.mu.bytes, c.limit)
	}
	c.put(one, block(0)) // of an account that was dropped
	if got := held(1); got != 0 {
		t.Errorf("a dropped account holds %d blocks", got)
	}
}
