// Package mailtest runs transcripts: text files that hold a conversation with
// a server line by line, which are the tests and the documentation of a
// protocol at once.
//
//	# SELECT tells how many messages there are (RFC 9051 §6.3.2).
//	@message hello
//	From: a@example.org
//	Subject: hello
//
//	Hi.
//	@end
//	C: a1 LOGIN alice secret
//	S: a1 OK ${*}
//	C: a2 APPEND INBOX {${hello.size}}
//	S: + ${*}
//	C: ${hello}
//	S: a2 OK [APPENDUID ${validity} 1] ${*}
//	C: a3 SELECT INBOX
//	S~: * 1 EXISTS
//	S~: * OK [UIDVALIDITY ${validity}] ${*}
//	...
//	S: a3 OK [READ-WRITE] ${*}
//
// A line is one of:
//
//	# text         a comment
//	C: text        the client sends text and CRLF; "C2:" is another connection, opened at its first
//	               use (its greeting is read and matched against "* OK" unless an S line follows @open)
//	C!: "quoted"   the client sends the bytes of a Go string, without CRLF
//	S: pattern     the server's next line
//	S~: pattern    neighbouring S~ lines match the server's next lines in any order
//	S*: pattern    the next line may match pattern, any number of times (also none)
//	...            (alone) any number of untagged lines (in LMTP: "250-" lines), up to the first that the next S
//	               line matches
//	@name args     a directive: see below; others are handed to the test
//
// A pattern is matched literally but for ${…}:
//
//	${*}           anything, also nothing
//	${name}        one atom-like word (no space, parenthesis or bracket); the first use keeps it, later
//	               uses, in patterns and in client lines, stand for what was kept
//	${name:REGEXP} the same with a regular expression of one's own
//	${m.size}      the size in bytes of @message m; ${m} its bytes, with CRLF line ends; ${m.head} and
//	               ${m.body} the parts before and after its first empty line
//
// Directives of the runner:
//
//	@message NAME … @end   a message, lines up to @end; the last line end belongs to it
//	@open 2                opens connection 2 and leaves its greeting to the S2 lines that follow
//	@starttls [2]          the TLS handshake on the connection, from now on encrypted
//	@deflate [2]           DEFLATE (RFC 1951) both ways from now on
//	@plain [2]             the server has ended its DEFLATE stream, and the client too: no more of it
//	@close [2]             the client closes the connection without a word
//	@eof [2]               the server must have closed the connection
//
// At the end every connection that is still open must have nothing unread: the
// runner says goodbye on it and accepts the answer to that alone.
//
// With the flag -rewrite the S lines are replaced by what the server sent,
// where they do not match it.
package mailtest
