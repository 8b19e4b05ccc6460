package imap

// CodeBadURL is BADURL with the URL that could not be used (RFC 4469 §4.1), quoted
// as in the RFC's example. What may not stand in a response code is percent-coded.
func CodeBadURL(url string) Code {
	const hex = "0123456789ABCDEF"
	b := []byte(`BADURL "`)
	for i := range len(url) {
		c := url[i]
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == ']' {
			b = append(b, '%', hex[c>>4], hex[c&15])
			continue
		}
		b = append(b, c)
	}
	return Code(append(b, '"'))
}

// CodeURLMech is URLMECH with the mechanisms of URLAUTH that a mailbox has keys for
// (RFC 4467 §8).
const CodeURLMech Code = "URLMECH INTERNAL"
