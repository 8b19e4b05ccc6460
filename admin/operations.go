package admin

import (
	"log/slog"

	"github.com/restante/restante/auth"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// Options are what the operations work on. Store and Directory are required.
type Options struct {
	Store     *mailstore.Store
	Directory *directory.Directory
	Namespace *namespace.Namespace // nil: that of the two
	Params    auth.Params          // of new password hashes
	Logger    *slog.Logger         // nil: discards
}

// New answers all operations. Each that changes something, reads mail or checks the
// store says so in one line of the log, once it is done.
func New(o Options) Operations {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Namespace == nil {
		o.Namespace = namespace.New(namespace.Options{Store: o.Store, Directory: o.Directory, Logger: o.Logger})
	}
	return Operations{
		OpGroupAdd:     Define(o.addGroup),
		OpGroupRemove:  Define(o.removeGroup),
		OpGroupList:    Define(o.listGroups),
		OpGroupMembers: Define(o.members),
		OpGroupJoin:    Define(o.joinGroup),
		OpGroupLeave:   Define(o.leaveGroup),
		OpBoxCreate:    Define(o.createBox),
		OpBoxDelete:    Define(o.deleteBox),
		OpBoxRename:    Define(o.renameBox),
		OpBoxList:      Define(o.listBoxes),
		OpBoxGrant:     Define(o.grantBox),
		OpUserAdd:      Define(o.addUser),
		OpUserPasswd:   Define(o.setPassword),
		OpUserList:     Define(o.listUsers),
		OpUserRemove:   Define(o.removeUser),
		OpUserShow:     Define(o.showUser),
		OpUserQuota:    Define(o.setQuota),
		OpUserLock:     Define(o.lockUser),

		OpUserAppendLimit: Define(o.setAppendLimit),

		OpCheck:     Define(o.check),
		OpMailboxes: Define(o.mailboxes),
		OpMailbox:   Define(o.makeMailbox),
		OpSubscribe: Define(o.subscribe),
		OpAppend:    DefineUpload(o.append),
		OpMessages:  Define(o.messages),
	}
}

// The operations' names, with their input, events and output.
const (
	OpUserAdd    = "user.add"    // Secret; User
	OpUserPasswd = "user.passwd" // Secret; User
	OpUserList   = "user.list"   // struct{}; events: User
	OpUserRemove = "user.remove" // Name
	OpUserShow   = "user.show"   // Name; User
	OpUserQuota  = "user.quota"  // Quota; User
	OpUserLock   = "user.lock"   // Lock; User

	OpUserAppendLimit = "user.appendlimit" // AppendLimit; User

	OpCheck        = "check"         // Check; events: CheckEvent; CheckResult
	OpMailboxes    = "mail.boxes"    // Name; Mailboxes
	OpMailbox      = "mail.make"     // Place
	OpSubscribe    = "mail.sub"      // Place
	OpAppend       = "mail.append"   // Batch, followed by the messages' bytes; Appended
	OpGroupAdd     = "group.add"     // Group; Group
	OpGroupRemove  = "group.remove"  // Group
	OpGroupList    = "group.list"    // struct{}; events: Group
	OpGroupMembers = "group.members" // Group; Members
	OpGroupJoin    = "group.join"    // Membership
	OpGroupLeave   = "group.leave"   // Membership
	OpBoxCreate    = "box.create"    // Box
	OpBoxDelete    = "box.delete"    // Box
	OpBoxRename    = "box.rename"    // BoxRename
	OpBoxList      = "box.list"      // Box; events: BoxACL
	OpBoxGrant     = "box.grant"     // BoxGrant
	OpMessages     = "mail.read"     // Place; events: Content
)
