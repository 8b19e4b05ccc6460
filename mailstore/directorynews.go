package mailstore

import (
	"github.com/restante/restante"
	"github.com/restante/restante/notify"
)

// directoryTopic stands for the directory among the accounts that events are of.
const directoryTopic restante.AccountID = 0

// SubscribeDirectory makes f be called when the directory's groups, shares or public
// accounts may have changed, on this node or another, until cancel. f must not block.
func (s *Store) SubscribeDirectory(f func()) (cancel func()) {
	return s.hub.Subscribe(directoryTopic, func(notify.Event) { f() })
}

// DirectoryChanged calls who has subscribed to the directory.
func (s *Store) DirectoryChanged() { s.hub.Publish(notify.Event{Account: directoryTopic}) }
