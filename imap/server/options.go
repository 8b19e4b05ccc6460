package server

import (
	"time"

	"github.com/restante/restante/auth"
	"github.com/restante/restante/convert"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
	"github.com/restante/restante/submission"
)

// Options configure a [Server]. Store, Auth and Namespace are
// required.
type Options struct {
	Store     *mailstore.Store
	Auth      *auth.Authenticator
	Namespace *namespace.Namespace
	Limits    Limits // zero fields mean their defaults
	// Connections counts the connections of accounts; nil: only those of this server.
	Connections *Connections
	// Metrics counts what sessions do; nil counts nothing. Servers may share it.
	Metrics *Metrics
	// Now is the clock by which clients are told of progress; nil is time.Now.
	Now func() time.Time
	// Administrators are users, by their canonical names, who may set quotas.
	Administrators []string
	// Submitters are message submission servers, by the canonical names under which
	// they log in, who may use URLs with the access identifier submit+ (RFC 4467 §3).
	Submitters []string
	// URLMechInClear tells the mechanisms of URLAUTH also on connections that are not
	// encrypted (RFC 4467 §10).
	URLMechInClear bool
	// ID is what the ID command tells clients of the server (RFC 2971), field
	// and value in turn. nil tells its name alone, and an empty slice nothing.
	ID []string
	// Without are capabilities that no client is told or may use, as those of a
	// [ClientRule]. UNAUTHENTICATE is one to leave out behind a proxy that lets
	// everything pass after a login (RFC 8437 §8).
	Without []string
	// Clients are the rules for clients that need something else.
	Clients []ClientRule
	// Referrals send clients to other servers.
	Referrals Referrals
	// GmailExtensions tells clients of X-GM-EXT-1, which works in any case: many that
	// see it believe that they speak to Gmail.
	GmailExtensions bool
	// UTF8Only takes clients alone that enable UTF8=ACCEPT (RFC 9755 §7).
	UTF8Only bool
	// Outbox is the mailbox of each user to which he puts messages to be sent, told as
	// XCOURIEROUTBOX; an atom. Empty, or without Submitter: there is none.
	Outbox    string
	Submitter *submission.Submitter
	// Language is what clients get that ask for the language "default" (RFC 5255
	// §3.2), a tag of package text; empty: i-default.
	Language string
	// ConvertImages is the format that CONVERT gives images where the client leaves it
	// to the server (RFC 5259 §8.4); JPEG unless set.
	ConvertImages convert.ImageFormat
	// LegacyDialects understands the protocols before IMAP4rev1 too: IMAP4 (RFC
	// 1730), IMAP2bis (RFC 2061), IMAP2 (RFC 1176) and IMAP3 (RFC 1203), as what a
	// client sends tells.
	LegacyDialects bool
}

// Limits bound what one connection may ask for. A zero field means the default
// given with it.
type Limits struct {
	// CommandLine is the length of a command without its literals, in bytes.
	// 2 MiB: SOGo names every message of a mailbox one by one.
	CommandLine int
	// LoginCommandLine is the same before login. 8 KiB.
	LoginCommandLine int
	// Literal is the size of a literal that is not a message, in bytes. 256 KiB.
	Literal int64
	// LoginLiteral is the same before login. 4 KiB: Outlook sends user names,
	// passwords and the values of ID as literals.
	LoginLiteral int64
	// Message is the size of a message that APPEND takes, told to clients as
	// APPENDLIMIT (RFC 7889). 64 MiB. The store's own limit should be the same.
	Message int64
	// Depth is how deep parentheses may be nested. 100.
	Depth int
	// BadCommands is how many commands in a row may be no IMAP before the
	// connection is closed. 10.
	BadCommands int
	// LoginFailures is how many logins may fail on a connection. 10.
	LoginFailures int
	// LoginTime is how long a connection may stay without a login. 1 minute.
	LoginTime time.Duration
	// IdleTime is how long a client may be silent (RFC 9051 §5.4). 30 minutes.
	IdleTime time.Duration
	// CommandTime is how long a client may be silent within a command. 5 minutes.
	CommandTime time.Duration
	// SearchTime is how long one SEARCH may take. 5 minutes.
	SearchTime time.Duration
	// AccountConnections is how many connections an account may have. 500:
	// phones hold one for each folder, and macOS opens many.
	AccountConnections int
	// AccountMemory is how many bytes all connections of an account together may
	// hold of commands that are longer than a few KiB. 64 MiB.
	AccountMemory int64
	// AccountSearches is how many searches an account may have under way that open
	// messages; more of them wait. 4.
	AccountSearches int
	// Contexts is how many searches of a session may tell their updates at once
	// (RFC 5267 §4.3.1), each with a bit of memory a message. 16.
	Contexts int
	// CommandMessages is how many messages one command may be about, told to
	// clients as MESSAGELIMIT (RFC 9738). 0: any number. Clients that do not know
	// of it see the last messages of a large mailbox only.
	CommandMessages int
	// SavedMessages is how many messages one COPY or APPEND may store, told as
	// SAVELIMIT where CommandMessages is 0. 0: any number.
	SavedMessages int
	// SoftQuota is the percentage of a quota above which a client that adds messages
	// is warned (RFC 9208 §4.3.1). 0 warns nobody.
	SoftQuota int
	// NotifyMailboxes is how many mailboxes one NOTIFY may be for (RFC 5465
	// §5.8). 20,000.
	NotifyMailboxes int
	// NotifyAccounts is how many other users' accounts one NOTIFY may be for. 100.
	NotifyAccounts int
	// ConvertMessages is how many messages one CONVERT may name, told to clients as
	// MAXCONVERTMESSAGES (RFC 5259 §9). 100.
	ConvertMessages int
	// ConvertParts is how many parts of a message, MAXCONVERTPARTS. 20.
	ConvertParts int
	// ConvertCache is how many bytes of what was converted last are kept. 32 MiB.
	ConvertCache int64
	// AccountConversions is how many conversions an account may have under way;
	// more of them wait. 2.
	AccountConversions int
	// Convert bounds what conversions take.
	Convert convert.Limits
	// SortedMessages is how many messages the SORTs of a session may have that tell
	// their updates. 500,000.
	SortedMessages int
	// SearchMailboxes is how many mailboxes one ESEARCH may search (RFC 7377 §2.4).
	// 10,000.
	SearchMailboxes int
	// Catenated is how many octets the URLs of one APPEND or REPLACE may bring
	// together (RFC 4469 §3). 4 times Message.
	Catenated int64
	// ProgressTime is how often a client is told how far a long command has come
	// (RFC 9585 §4). 10 seconds.
	ProgressTime time.Duration
	// Command bounds what commands hold.
	Command command.Limits
}

func (l Limits) filled() Limits {
	def(&l.CommandLine, 2<<20)
	def(&l.LoginCommandLine, 8<<10)
	def(&l.Literal, 256<<10)
	def(&l.LoginLiteral, 4<<10)
	def(&l.Message, 64<<20)
	def(&l.Catenated, 4*l.Message)
	def(&l.Depth, 100)
	def(&l.BadCommands, 10)
	def(&l.LoginFailures, 10)
	def(&l.LoginTime, time.Minute)
	def(&l.IdleTime, 30*time.Minute)
	def(&l.CommandTime, 5*time.Minute)
	def(&l.SearchTime, 5*time.Minute)
	def(&l.AccountConnections, 500)
	def(&l.AccountMemory, 64<<20)
	def(&l.AccountSearches, 4)
	def(&l.Contexts, 16)
	def(&l.SortedMessages, 500_000)
	def(&l.ProgressTime, 10*time.Second)
	def(&l.NotifyMailboxes, 20_000)
	def(&l.NotifyAccounts, 100)
	def(&l.ConvertMessages, 100)
	def(&l.ConvertParts, 20)
	def(&l.ConvertCache, 32<<20)
	def(&l.AccountConversions, 2)
	def(&l.SearchMailboxes, 10000)
	return l
}

func def[T int | int64 | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}
