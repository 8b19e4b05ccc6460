package server

import (
	"net"
	"testing"

	"github.com/restante/restante/internal/mailtest"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// TestSharingOnTwoNodes runs the transcripts of sharing with the users on different
// nodes over one store, each of which hears of the other's changes by the engine.
func TestSharingOnTwoNodes(t *testing.T) {
	for _, name := range []string{"sharing", "sharing-public", "rfc4314", "rfc8440", "notify-shared"} {
		mailtest.Run(t, "testdata/"+name+".txt", func(t *testing.T) mailtest.Peer {
			backing := memkv.NewBacking()
			o := hostOptions{store: mailstore.Options{Mailboxes: []mailstore.NewMailbox{
				{Name: "Drafts", SpecialUse: []string{`\Drafts`}}, {Name: "Sent", SpecialUse: []string{`\Sent`}},
			}}}
			var nodes [2]*host
			for i := range nodes {
				o.engine = backing.Open()
				nodes[i] = newHost(t, o)
			}
			peer, dialled := nodes[0].peer(t), 0
			peer.Dial = func() (net.Conn, error) {
				dialled++
				return nodes[(dialled-1)%2].dial()
			}
			return peer
		})
	}
}
