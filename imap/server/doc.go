// Package server speaks IMAP to clients: IMAP4rev2 (RFC 9051) and IMAP4rev1 (RFC
// 3501) on the same connection, as the client enables. [Server.Handle] runs one
// connection; listening, TLS and connection limits are package serve's.
//
// A command's way: [wire.Decoder] reads it, its row of the table says where it
// is allowed and what may be told with its answer, its parser makes a typed
// value of it, its handler asks the mailstore and writes the answers, and
// dispatch ends it with what other sessions changed and exactly one tagged
// response.
//
// # Files
//
// Named without ".go", in the order in which a command meets them. What they do is
// tested by the transcripts in testdata, and by Go tests where those do not reach.
//
//   - The server and its settings: server, options, metrics*
//   - What an account may have at a time: connections, turns
//   - A connection: session, serve, wait, wake, hangup
//   - A command from its first octet to its tagged response: dispatch, literal,
//     table, state, errors, progress
//   - What the client is and may use: capability, client, id, enable, language,
//     utf8only
//   - Getting in and out: starttls, compress, login, referral, unauthenticate
//   - NOOP, CHECK, CLOSE, UNSELECT and LOGOUT: simple
//   - What a mailbox name leads to, and the rights there: place, catalog, review,
//     objectid
//   - CREATE, DELETE, RENAME, SUBSCRIBE and NAMESPACE: mailbox
//   - Lists of mailboxes, and what they hold: list, listing, listwrite, xlist,
//     status
//   - What belongs to a mailbox or an account: acl, quota, metadata,
//     metadata_changes
//   - SELECT, and the mailbox that is selected: select, selected, permanentflags,
//     highestmodseq
//   - Which messages a command means, and how they are named: targets, uidonly,
//     uidbatches, messagelimit
//   - FETCH: fetch, fetcher, fetch_*, foresee
//   - CONVERT: convert, convert_*, conversions
//   - SEARCH and ESEARCH: search, search_*, searchlimit, esearch, esearch_*,
//     filters, relevancy, charset, comparator
//   - SORT and THREAD: sort, sort_kept, thread
//   - Searches that tell their updates: watch, watch_sorted
//   - Messages that come: append, catenate, replace, outbox
//   - Changes to messages: store, store_own, flagwriter, annotation, expunge
//   - COPY and MOVE: copy, move
//   - URLs that are authorized: urlauth, urlfetch, urlpart, resetkey
//   - What others changed: sync, arrived, idle
//   - NOTIFY: notify, notify_*
//   - Gmail's dialect: gmail, gmail_*
//   - IMAP4, IMAP2bis, IMAP2 and IMAP3: legacy, legacy_*
package server
