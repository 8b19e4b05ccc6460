package message

import "bytes"

const maxMessageIDBytes = 998 // a longer one cannot stand on a line

// MessageIDs gives the message ids in a Message-ID, In-Reply-To or References
// field, without angle brackets, comments and quoting (RFC 5322 §3.6.4,
// RFC 5256 §3), so that equal ids are equal octets. In-Reply-To may hold other
// words, which are passed over. Of more than limit ids the first and the last
// ones are given.
func MessageIDs(value []byte, limit int) [][]byte {
	var ids [][]byte
	for {
		open := bytes.IndexByte(value, '<')
		if open < 0 {
			return ids
		}
		value = value[open+1:]
		end := bytes.IndexByte(value, '>')
		if end < 0 {
			return ids
		}
		if again := bytes.LastIndexByte(value[:end], '<'); again >= 0 {
			value, end = value[again+1:], end-again-1
		}
		id := normalMessageID(value[:end])
		value = value[end+1:]
		if len(id) == 0 || len(id) > maxMessageIDBytes {
			continue
		}
		if len(ids) == limit {
			if limit < 2 {
				return ids
			}
			ids = append(ids[:1], ids[2:]...)
		}
		ids = append(ids, id)
	}
}

// normalMessageID takes white space, quotes and quoting out of an id; it
// copies only where there are some.
func normalMessageID(id []byte) []byte {
	if !bytes.ContainsAny(id, " \t\r\n\"\\\x00") {
		return id
	}
	out := make([]byte, 0, len(id))
	for i := 0; i < len(id); i++ {
		c := id[i]
		if isSpace(c) || c == '"' || c == 0 {
			continue
		}
		if c == '\\' && i+1 < len(id) {
			i++
			c = id[i]
		}
		out = append(out, c)
	}
	return out
}
