package clients_test

import (
	"testing"

	"github.com/restante/restante/test/binary"
)

// TestNetIMAP calls the methods of Ruby's net-imap, as Debian's Ruby has it.
func TestNetIMAP(t *testing.T) {
	t.Parallel()
	ruby := binary.Need(t, "ruby", "ruby")
	s := start(t)
	t.Log(run(t, s.Dir, nil, ruby, testdata(t, "netimap.rb"), fill(s, "{imaps}"), fill(s, "{imap}"), s.CA, alice, password))
}
