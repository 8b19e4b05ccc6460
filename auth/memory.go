package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/restante/restante/directory"
)

// fact is a keyed hash of a user, his credentials and a password: who has it
// learns nothing of the password without the key, which is never written
// anywhere. New credentials make new facts, so that nothing remembered of the
// old ones is found again.
type fact [sha256.Size]byte

// memory remembers facts for a while, in two generations: when the younger is
// full or old, it becomes the older and the older is forgotten. So its size is
// bounded, and forgetting costs nothing.
type memory struct {
	key [sha256.Size]byte
	ttl time.Duration
	max int // facts a generation
	now func() time.Time

	mu struct {
		sync.Mutex
		young, old map[fact]time.Time // until when each holds
		since      time.Time          // when young was begun
	}
}

func newMemory(ttl time.Duration, size int, now func() time.Time) *memory {
	m := &memory{ttl: ttl, max: max(size/2, 1), now: now}
	rand.Read(m.key[:]) // never fails (crypto/rand)
	m.mu.young = map[fact]time.Time{}
	m.mu.since = now()
	return m
}

// fact answers what stands for u, who has just sent password.
func (m *memory) fact(u directory.User, password string) (f fact) {
	h := hmac.New(sha256.New, m.key[:])
	var n [8]byte
	field := func(s string) {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	field(u.Name)
	field(u.Credentials.Hash)
	for _, k := range u.Credentials.SCRAM {
		field(string(k.StoredKey))
	}
	binary.BigEndian.PutUint64(n[:], uint64(u.Account))
	h.Write(n[:])
	field(password)
	h.Sum(f[:0])
	return f
}

func (m *memory) knows(f fact) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.mu.young[f]
	if !ok {
		until, ok = m.mu.old[f]
	}
	return ok && m.now().Before(until)
}

func (m *memory) learn(f fact) {
	if m.ttl <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if len(m.mu.young) >= m.max || now.Sub(m.mu.since) > m.ttl {
		m.mu.old, m.mu.young, m.mu.since = m.mu.young, map[fact]time.Time{}, now
	}
	m.mu.young[f] = now.Add(m.ttl)
}
