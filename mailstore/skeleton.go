package mailstore

import (
	"context"
	"io"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/message"
	"github.com/restante/restante/notify"
)

type AccountInfo struct {
	ID      restante.AccountID
	Name    string
	Usage   Usage
	Quota   Quota
	Created time.Time
}
type Store struct {
	o       Options
	columns columnCache // for Search
}

func Open(ctx context.Context, o Options) (*Store, error) { return &Store{}, nil }
func (s *Store) Close() error                             { return nil }
func (s *Store) CreateAccount(ctx context.Context, name string) (restante.AccountID, error) {
	return 0, restante.ErrUnavailable
}
func (s *Store) RemoveAccount(ctx context.Context, id restante.AccountID) error {
	return restante.ErrUnavailable
}
func (s *Store) Accounts(ctx context.Context, f func(AccountInfo) error) error {
	return restante.ErrUnavailable
}
func (s *Store) Account(ctx context.Context, id restante.AccountID) (*Account, error) {
	return nil, restante.ErrUnavailable
}

type Account struct {
	id    restante.AccountID
	store *Store
}

func (a *Account) ID() restante.AccountID                         { return a.id }
func (a *Account) Release()                                       {}
func (a *Account) State() *State                                  { return nil }
func (a *Account) Refresh(ctx context.Context) error              { return restante.ErrUnavailable }
func (a *Account) Subscribe(f func(notify.Event)) (cancel func()) { return nil }
func (a *Account) SetQuota(ctx context.Context, q Quota) error    { return restante.ErrUnavailable }
func (a *Account) Snapshot(ctx context.Context, id restante.MailboxID) (*Snapshot, error) {
	return nil, restante.ErrUnavailable
}
func (a *Account) ClaimRecent(id restante.MailboxID) restante.UID { return 0 }
func (a *Account) BeginAppend(ctx context.Context) *Append        { return nil }

type Append struct{}
type NewMessage struct {
	Flags                  []string
	InternalDate, SaveDate time.Time
	ImportKey              []byte
	Size                   int64
}

func (p *Append) Message(m NewMessage) (io.Writer, error) { return nil, restante.ErrUnavailable }
func (p *Append) Commit(ctx context.Context, mb restante.MailboxID) (AppendResult, error) {
	return AppendResult{}, restante.ErrUnavailable
}
func (p *Append) Abort() {}

type AppendResult struct {
	UIDValidity uint32
	First, Last restante.UID
	Skipped     int
	Snapshot    *Snapshot
}
type FlagOp uint8

const (
	ReplaceFlags FlagOp = iota
	AddFlags
	RemoveFlags
)

type StoreResult struct {
	ModSeq            restante.ModSeq
	Modified, Missing UIDSet
	Snapshot          *Snapshot
}

func (a *Account) StoreFlags(ctx context.Context, mb restante.MailboxID, uids UIDSet, op FlagOp, flags []string, unchangedSince *restante.ModSeq) (StoreResult, error) {
	return StoreResult{}, restante.ErrUnavailable
}

type CopyResult struct {
	UIDValidity      uint32
	From, To         []UIDRange
	Snapshot, Source *Snapshot
}

func (a *Account) Copy(ctx context.Context, src restante.MailboxID, uids UIDSet, dst restante.MailboxID) (CopyResult, error) {
	return CopyResult{}, restante.ErrUnavailable
}
func (a *Account) Move(ctx context.Context, src restante.MailboxID, uids UIDSet, dst restante.MailboxID) (CopyResult, error) {
	return CopyResult{}, restante.ErrUnavailable
}

type ExpungeResult struct {
	UIDs     UIDSet
	ModSeq   restante.ModSeq
	Snapshot *Snapshot
}

func (a *Account) Expunge(ctx context.Context, mb restante.MailboxID, uids UIDSet) (ExpungeResult, error) {
	return ExpungeResult{}, restante.ErrUnavailable
}
func (a *Account) Vanished(ctx context.Context, mb restante.MailboxID, since restante.ModSeq) (UIDSet, error) {
	return nil, restante.ErrUnavailable
}
func (a *Account) CreateMailbox(ctx context.Context, name string, use []string) (*Mailbox, error) {
	return nil, restante.ErrUnavailable
}
func (a *Account) DeleteMailbox(ctx context.Context, name string) error {
	return restante.ErrUnavailable
}
func (a *Account) RenameMailbox(ctx context.Context, from, to string) error {
	return restante.ErrUnavailable
}
func (a *Account) SetSubscribed(ctx context.Context, name string, on bool) error {
	return restante.ErrUnavailable
}
func (a *Account) SetSpecialUse(ctx context.Context, name string, use []string) error {
	return restante.ErrUnavailable
}

type Reader struct{}

func (a *Account) Reader(ctx context.Context) (*Reader, error) { return nil, restante.ErrUnavailable }
func (r *Reader) Close()                                       {}
func (r *Reader) Summary(id restante.EmailID) (message.Summary, error) {
	return nil, restante.ErrUnavailable
}
func (r *Reader) Header(id restante.EmailID) ([]byte, error) { return nil, restante.ErrUnavailable }
func (r *Reader) WriteRange(w io.Writer, id restante.EmailID, off, n int64) error {
	return restante.ErrUnavailable
}
func (r *Reader) Open(id restante.EmailID, off, n int64) io.Reader { return nil }
