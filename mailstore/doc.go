// Package mailstore keeps accounts, mailboxes and messages on a kv engine. It
// knows nothing of any protocol: front-ends turn their commands into its calls
// and its error kinds into their codes.
//
// An account is one partition. Its state is immutable and replaced as a whole:
// readers take [Account.State] or [Account.Snapshot] and never wait; a writer
// takes the account's lock, computes a batch from the current state, commits
// it with compare-and-swap, swaps the state and tells the subscribers.
//
// A mailbox is a list of pages of at most [PageSize] messages, each an
// immutable block of columns that is also one row of storage. Snapshots share
// page pointers, so that two snapshots are compared at the cost of what
// changed between them.
//
// A message's content (summary, header, body chunks) is written once under its
// EmailID and shared by all its copies; the last one to go takes it along.
package mailstore
