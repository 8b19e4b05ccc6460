package directory

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/cputime"
	"github.com/restante/restante/kv/memkv"
)

// TestLongDetail holds that an address of a few thousand pieces costs little more than any
// other: it was a quarter of a second.
func TestLongDetail(t *testing.T) {
	d, _ := node(t, memkv.NewBacking(), Options{})
	wide := strings.Repeat("ｂ", maxLocalPart) // three octets each, mapped to one
	for _, name := range []string{"bob", strings.Repeat("b", maxLocalPart)} {
		if _, err := d.Add(t.Context(), name+"@example.org", Credentials{}); err != nil {
			t.Fatal(err)
		}
	}
	long := strings.Repeat("ä+", 1300)
	took := cputime.Of(t, func() {
		for range 300 {
			if _, _, err := d.Resolve(t.Context(), long+"@example.org"); !errors.Is(err, restante.ErrNotFound) {
				t.Error(err)
			}
		}
	})
	if took > 10*time.Second {
		t.Error("took", took)
	}
	if _, detail, err := d.Resolve(t.Context(), "bob+"+long+"@example.org"); err != nil || detail != long {
		t.Errorf("%q, %v", detail, err)
	}
	if u, detail, err := d.Resolve(t.Context(), wide+"+x@example.org"); err != nil || detail != "x" || len(u.Name) != maxLocalPart+len("@example.org") {
		t.Errorf("%+v %q, %v", u, detail, err)
	}
}
