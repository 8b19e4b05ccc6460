package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time in a file: "30m", "1h30m", "500ms". It is a struct so that
// a bare number, which has no unit, is refused.
type Duration struct{ time.Duration }

// MarshalText writes the shortest form: "30m", not "30m0s".
func (d Duration) MarshalText() ([]byte, error) {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return []byte(s), nil
}

// UnmarshalText reads what time.ParseDuration reads, not negative.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a time such as \"30m\" or \"15s\"", text)
	}
	d.Duration = v
	return nil
}

// Size is a number of bytes in a file: "64MiB", "100kB", "512".
type Size int64

// unit is a word for a number of bytes.
type unit struct {
	name  string
	bytes int64
}

// units are what Size reads, those that it writes first.
func units() []unit {
	return []unit{
		{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
		{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
	}
}

// MarshalText writes the largest binary unit that divides the size.
func (s Size) MarshalText() ([]byte, error) {
	if s != 0 {
		for _, u := range units()[:4] {
			if int64(s)%u.bytes == 0 {
				return fmt.Appendf(nil, "%d%s", int64(s)/u.bytes, u.name), nil
			}
		}
	}
	return strconv.AppendInt(nil, int64(s), 10), nil
}

// UnmarshalText reads a whole number and a unit; without one it is bytes.
func (s *Size) UnmarshalText(text []byte) error {
	number, factor := strings.TrimSpace(string(text)), int64(1)
	for _, u := range units() {
		if n := len(number) - len(u.name); n > 0 && strings.EqualFold(number[n:], u.name) {
			number, factor = strings.TrimSpace(number[:n]), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return fmt.Errorf("%q is not a size such as \"64MiB\" or \"1000\"", text)
	}
	*s = Size(n * factor)
	return nil
}
