// Package restante holds the identifiers and error kinds that every layer of
// the server shares. It imports nothing of the project's own.
package restante

import "strconv"

// AccountID names an account and the storage partition that holds it. It is a
// random number from [FirstAccountID, 2^63), so that nodes can hand out
// numbers without asking one another.
type AccountID uint64

// FirstAccountID is the smallest number an account can have; the numbers below
// it belong to the directory's partitions.
const FirstAccountID AccountID = 256

// NodesPartition is the last of the numbers. No account has it: it is the partition
// in which nodes find one another.
const NodesPartition AccountID = 1<<63 - 1

// Valid reports whether an account can have the number.
func (id AccountID) Valid() bool { return id >= FirstAccountID && id < NodesPartition }

// MailboxID names a mailbox within its account. It is never reused and
// survives RENAME (RFC 8474 §4).
type MailboxID uint64

// UID is a message's unique identifier in its mailbox (RFC 9051 §2.3.1.1).
type UID uint32

// ModSeq is a modification sequence (RFC 7162 §3.1). It is the version of the
// account's partition at the change, so it rises over the whole account.
type ModSeq uint64

// EmailID names a message's content within its account (RFC 8474 §5.1): all
// copies of a message share one. It rises in order of arrival.
type EmailID uint64

// ThreadID names a conversation within its account (RFC 8474 §5.2): the
// EmailID of the first message that was seen of it.
type ThreadID uint64

// ObjectID gives the form in which clients see an object identifier: a letter
// for the kind ('F' mailbox, 'M' message content, 'T' thread), then the
// account and the object in base 36, which is a legal objectid of RFC 8474 §7
// and differs between accounts.
func ObjectID(kind byte, account AccountID, object uint64) string {
	b := make([]byte, 0, 32)
	b = append(b, kind)
	b = strconv.AppendUint(b, uint64(account), 36)
	b = append(b, '-')
	b = strconv.AppendUint(b, object, 36)
	return string(b)
}
