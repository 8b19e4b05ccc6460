package notify

import (
	"slices"
	"sync"
	"testing"

	"github.com/restante/restante"
)

func TestHub(t *testing.T) {
	h := New()
	var got []restante.ModSeq
	note := func(e Event) { got = append(got, e.ModSeq) }
	cancel := h.Subscribe(1, note)
	cancelTwice := h.Subscribe(1, note)
	h.Subscribe(2, note)
	h.Publish(Event{Account: 1, ModSeq: 10})
	h.Publish(Event{Account: 3, ModSeq: 11})
	cancelTwice()
	cancelTwice()
	h.Publish(Event{Account: 1, ModSeq: 12})
	cancel()
	h.Publish(Event{Account: 1, ModSeq: 13})
	h.Publish(Event{Account: 2, ModSeq: 14})
	if want := []restante.ModSeq{10, 10, 12, 14}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestSubscribeInCallback holds that no lock is held during a call.
func TestSubscribeInCallback(t *testing.T) {
	h := New()
	calls := 0
	var cancel func()
	cancel = h.Subscribe(1, func(Event) {
		calls++
		cancel()
		h.Subscribe(1, func(Event) { calls++ })
	})
	h.Publish(Event{Account: 1})
	h.Publish(Event{Account: 1})
	if calls != 2 {
		t.Error(calls)
	}
}

func TestConcurrent(t *testing.T) {
	h := New()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				cancel := h.Subscribe(restante.AccountID(i%3), func(Event) {})
				h.Publish(Event{Account: restante.AccountID(i % 3)})
				cancel()
			}
		})
	}
	wg.Wait()
	if len(h.mu.accounts) != 0 {
		t.Error("subscribers left")
	}
}

func BenchmarkPublish(b *testing.B) {
	h := New()
	for range 100 {
		h.Subscribe(1, func(Event) {})
	}
	b.ReportAllocs()
	for b.Loop() {
		h.Publish(Event{Account: 1})
	}
}
