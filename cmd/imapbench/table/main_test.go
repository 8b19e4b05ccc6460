package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestBetter holds medians, bounds by turn, and which way round a ratio goes.
func TestBetter(t *testing.T) {
	figures := func(unit string, values ...float64) (all []figure) {
		for _, v := range values {
			all = append(all, figure{Task: "task", Value: v, Unit: unit})
		}
		return all
	}
	for _, c := range []struct {
		name string
		a, b []figure
		want string
	}{
		{"one run", figures("msg/s", 100), figures("msg/s", 250), "2.5×"},
		{"less time", figures("ms (61 responses)", 10), figures("ms (59 responses)", 2), "5×"},
		{"less memory", figures("KiB/conn", 500), figures("KiB/conn", 10), "50×"},
		{"bounds by turn", figures("cmd/s", 100, 300, 200), figures("cmd/s", 400, 600, 1000), "3× (2–5)"},
		{"hits", figures("of 20000", 7), figures("of 20000", 7), ""},
		{"failed", figures("EOF", -1), figures("ms", 3), ""},
		{"failed once", figures("cmd/s", 100, -1, 100), figures("cmd/s", 200, 200, 200), "2×"},
	} {
		if got := better(c.a, c.b); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestRead reads a file as one run and a folder as one a file.
func TestRead(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "dovecot")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"1.json": `[{"task":"fill","value":2,"unit":"msg/s"}]`,
		"2.json": `[{"task":"select","value":1,"unit":"ms"},{"task":"fill","value":4,"unit":"msg/s"}]`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if s := read(folder); s.name != "dovecot" || len(s.all("fill")) != 2 || median(s.all("fill")).Value != 2 || len(s.all("sort")) != 0 {
		t.Errorf("%+v", s)
	}
	if s := read(filepath.Join(folder, "2.json")); s.name != "2" || len(s.all("fill")) != 1 {
		t.Errorf("%+v", s)
	}
}
