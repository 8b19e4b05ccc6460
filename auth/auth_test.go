package auth

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// cheap keeps tests fast.
var cheap = Params{Memory: 1 << 10, Passes: 1, Iterations: 4096}

// users is a directory in a map.
type users struct {
	mu      sync.Mutex
	m       map[string]directory.User
	lookups int
	err     error // what Lookup answers instead
}

func (u *users) Lookup(_ context.Context, name string) (directory.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.lookups++
	if u.err != nil {
		return directory.User{}, u.err
	}
	name, err := directory.Canonical(name)
	if err != nil {
		return directory.User{}, err
	}
	v, ok := u.m[name]
	if !ok {
		return v, restante.ErrNotFound
	}
	return v, nil
}

func (u *users) Add(_ context.Context, name string, c directory.Credentials) (directory.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, ok := u.m[name]; ok {
		return directory.User{}, restante.ErrExists
	}
	v := directory.User{Name: name, Account: restante.AccountID(1000 + len(u.m)), Credentials: c}
	u.m[name] = v
	return v, nil
}

func (u *users) ReplaceCredentials(_ context.Context, name string, old, c directory.Credentials) (directory.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	v := u.m[name]
	if !v.Credentials.Equal(old) {
		return v, restante.ErrNotPermitted
	}
	v.Credentials = c
	u.m[name] = v
	return v, nil
}

func (u *users) Secret(context.Context) ([]byte, error) { return []byte("0123456789abcdef"), nil }

// rig is an authenticator whose clock is the sum of its waits.
type rig struct {
	*Authenticator
	users *users
	mu    sync.Mutex
	clock time.Time
	slept time.Duration
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock
}

func (r *rig) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = r.clock.Add(d)
}

func newRig(t testing.TB, o Options) *rig {
	t.Helper()
	c, err := NewCredentials("secret", cheap)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{clock: time.Unix(1e9, 0), users: &users{m: map[string]directory.User{
		"alice@example.org": {Name: "alice@example.org", Account: 500, Credentials: c},
		"off":               {Name: "off", Account: 501, Credentials: c, Disabled: true},
	}}}
	o.Params, o.Now = cheap, r.now
	o.Sleep = func(_ context.Context, _ <-chan struct{}, d time.Duration) error {
		r.advance(d)
		r.mu.Lock()
		r.slept += d
		r.mu.Unlock()
		return nil
	}
	if r.Authenticator, err = New(t.Context(), r.users, o); err != nil {
		t.Fatal(err)
	}
	return r
}

var local = Conn{Remote: netip.MustParseAddr("127.0.0.1"), Secure: true}

func TestLogin(t *testing.T) {
	r := newRig(t, Options{})
	for _, test := range []struct {
		name, password string
		err            error
	}{
		{"alice@example.org", "secret", nil},
		{"Alice@EXAMPLE.org", "secret", nil},
		{"alice@example.org", "wrong", restante.ErrAuthFailed},
		{"alice@example.org", "", restante.ErrAuthFailed},
		{"nobody", "secret", restante.ErrAuthFailed},
		{"nobody", "no one has this password", restante.ErrAuthFailed},
		{"off", "secret", restante.ErrAuthFailed},
		{"a@b@c", "secret", restante.ErrAuthFailed},
		{"\xff", "secret", restante.ErrAuthFailed},
	} {
		id, err := r.Login(t.Context(), local, test.name, test.password)
		if !errors.Is(err, test.err) || err == nil && id != (Identity{"alice@example.org", 500}) {
			t.Errorf("%q %q: %v, %v, want %v", test.name, test.password, id, err, test.err)
		}
	}
	if _, err := r.Login(t.Context(), Conn{}, "alice@example.org", "secret"); !errors.Is(err, restante.ErrNotPermitted) {
		t.Errorf("without TLS: %v", err)
	}
	r.users.err = errors.New("disk")
	if _, err := r.Login(t.Context(), local, "alice@example.org", "secret"); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("store fails: %v", err)
	}
}

func TestRememberedLoginEndsWithThePassword(t *testing.T) {
	r := newRig(t, Options{Remember: time.Hour})
	ctx := t.Context()
	login := func(password string) error {
		_, err := r.Login(ctx, local, "alice@example.org", password)
		return err
	}
	if err := login("secret"); err != nil {
		t.Fatal(err)
	}
	for range cap(r.slots) { // no slow hash can run: only memory answers
		r.slots <- struct{}{}
	}
	if err := login("secret"); err != nil {
		t.Errorf("a verified login is not remembered: %v", err)
	}
	for range cap(r.slots) {
		<-r.slots
	}
	u := r.users.m["alice@example.org"]
	c, _ := NewCredentials("other", cheap)
	if _, err := r.users.ReplaceCredentials(ctx, u.Name, u.Credentials, c); err != nil {
		t.Fatal(err)
	}
	if err := login("secret"); !errors.Is(err, restante.ErrAuthFailed) {
		t.Errorf("the old password still works: %v", err)
	}
	if err := login("other"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	r.advance(2 * time.Hour)
	stop, cancel := context.WithCancel(ctx)
	cancel()
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	if _, err := r.Login(stop, local, "alice@example.org", "other"); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("after its time a login is still remembered: %v", err)
	}
}

func TestThrottle(t *testing.T) {
	r := newRig(t, Options{})
	far := Conn{Remote: netip.MustParseAddr("2001:db8::1"), Secure: true}
	guess := func(c Conn, i int) {
		r.Login(t.Context(), c, "alice@example.org", string(rune('a'+i)))
	}
	for i := range 3 {
		guess(far, i)
	}
	if r.slept != 0 {
		t.Errorf("the first failures waited %v", r.slept)
	}
	for i := range 17 {
		guess(Conn{Remote: netip.MustParseAddr("2001:db8::2"), Secure: true}, 3+i) // the same /64
	}
	if r.slept < 2*time.Minute {
		t.Errorf("20 guesses took only %v", r.slept)
	}
	before := r.slept
	if _, err := r.Login(t.Context(), far, "alice@example.org", "secret"); err != nil {
		t.Errorf("the right password: %v", err)
	}
	if waited := r.slept - before; waited > 2*time.Second {
		t.Errorf("the right password waited %v", waited)
	}
	before = r.slept
	if _, err := r.Login(t.Context(), far, "alice@example.org", "secret"); err != nil || r.slept != before {
		t.Errorf("a remembered login waited %v: %v", r.slept-before, err)
	}
	if n := len(r.throttle.mu.waiting); n != 0 {
		t.Errorf("%d addresses still wait", n)
	}
}

// TestNobodyWaitsAtTheEnd: where a connection is to end, a login that would have to wait,
// before its password is looked at or behind that, is told so at once, and nothing else.
func TestNobodyWaitsAtTheEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ending := make(chan struct{})
	close(ending)
	far := Conn{Remote: netip.MustParseAddr("192.0.2.1"), Secure: true, Ending: ending}
	for name, throttle := range map[string]Throttle{
		"before": {Free: -20, Before: time.Hour},
		"behind": {Free: -20, Before: time.Nanosecond, After: time.Hour},
	} {
		r := newRig(t, Options{Throttle: throttle})
		r.sleep = func(ctx context.Context, ending <-chan struct{}, d time.Duration) error {
			if d < time.Hour {
				return nil
			}
			return sleep(ctx, ending, d)
		}
		want := func(what string, err, want error) {
			t.Helper()
			if !errors.Is(err, want) || ctx.Err() != nil {
				t.Errorf("%s, %s: %v, want %v", name, what, err, want)
			}
		}
		_, err := r.Login(ctx, far, "alice@example.org", "wrong")
		want("a wrong password", err, restante.ErrUnavailable)
		_, err = r.Login(ctx, far, "nobody", "secret")
		want("nobody", err, restante.ErrUnavailable)
		x, err := r.Start(far, scramSHA256)
		want("SCRAM", err, nil)
		_, _, err = x.Next(ctx, []byte("n,,n=alice@example.org,r=nonce"))
		if name == "before" {
			want("SCRAM", err, restante.ErrUnavailable)
			_, err = r.Login(ctx, far, "alice@example.org", "secret")
			want("the right password", err, restante.ErrUnavailable)
		} else {
			want("SCRAM", err, nil)
			_, err = r.Login(ctx, far, "alice@example.org", "secret")
			want("the right password", err, nil)
		}
		if n := len(r.throttle.mu.waiting); n != 0 {
			t.Errorf("%s: %d addresses still wait", name, n)
		}
	}
}

func TestRepeatedWrongPasswordIsNotGuessing(t *testing.T) {
	r := newRig(t, Options{})
	for range 50 {
		if _, err := r.Login(t.Context(), local, "alice@example.org", "old"); !errors.Is(err, restante.ErrAuthFailed) {
			t.Fatal(err)
		}
	}
	if r.slept != 0 {
		t.Errorf("a device with an old password made others wait %v", r.slept)
	}
}

func TestTablesAreBounded(t *testing.T) {
	r := newRig(t, Options{RememberMax: 10, Throttle: Throttle{Entries: 10, Before: -1, After: -1}})
	for i := range 100 {
		r.failures.learn(fact{byte(i)})
		r.throttle.failed(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), string(rune('a'+i)), true)
	}
	if n := len(r.failures.mu.young) + len(r.failures.mu.old); n > 10 {
		t.Errorf("%d facts are kept", n)
	}
	if n := len(r.throttle.mu.young) + len(r.throttle.mu.old); n > 12 {
		t.Errorf("%d suspects are kept", n)
	}
	if _, err := r.Login(t.Context(), local, strings.Repeat("x", 1<<20), "secret"); !errors.Is(err, restante.ErrAuthFailed) {
		t.Error(err)
	}
	for s := range r.throttle.mu.young {
		if len(s.name) > longestName {
			t.Errorf("a name of %d octets is kept", len(s.name))
		}
	}
}

func TestDemo(t *testing.T) {
	r := newRig(t, Options{DemoPassword: "demo"})
	for range 2 {
		id, err := r.Login(t.Context(), local, "Bob", "demo")
		if err != nil || id.Name != "bob" || id.Account == 0 {
			t.Fatalf("%v, %v", id, err)
		}
	}
	if _, err := r.Login(t.Context(), local, "alice@example.org", "demo"); err != nil {
		t.Errorf("a user who was there: %v", err)
	}
	if _, err := r.Login(t.Context(), local, "eve", "wrong"); !errors.Is(err, restante.ErrAuthFailed) {
		t.Error(err)
	}
	if _, ok := r.users.m["eve"]; ok {
		t.Error("a wrong password made an account")
	}
}

func TestConcurrentLogins(t *testing.T) {
	r := newRig(t, Options{Concurrent: 2, DemoPassword: "demo"})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			name := []string{"bob", "carol"}[i%2]
			if id, err := r.Login(t.Context(), local, name, "demo"); err != nil || id.Name != name {
				t.Errorf("%v, %v", id, err)
			}
		})
	}
	wg.Wait()
	if len(r.users.m) != 4 {
		t.Errorf("%d users", len(r.users.m))
	}
}

func BenchmarkRememberedLogin(b *testing.B) {
	r := newRig(b, Options{})
	for b.Loop() {
		if _, err := r.Login(b.Context(), local, "alice@example.org", "secret"); err != nil {
			b.Fatal(err)
		}
	}
}
