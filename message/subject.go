package message

import "bytes"

// AppendBaseSubject appends the base subject of a decoded subject (RFC 5256
// §2.1, §5), and says whether the subject is that of a reply or forward: step
// 2, 3 or 6 took a mark of one away (RFC 5256 §3, THREAD).
func AppendBaseSubject(dst, subject []byte) (out []byte, isReply bool) {
	start := len(dst)
	space := true // step 1; leading spaces go with it
	for _, c := range subject {
		if isSpace(c) {
			if !space {
				dst = append(dst, ' ')
			}
			space = true
			continue
		}
		dst = append(dst, c)
		space = false
	}
	base, isReply := baseSubject(dst[start:])
	n := copy(dst[start:], base)
	return dst[:start+n], isReply
}

// baseSubject does steps 2 to 6 on a subject with single spaces.
func baseSubject(s []byte) (base []byte, isReply bool) {
	for {
		for { // step 2
			s = bytes.TrimRight(s, " ")
			if !hasSuffixFold(s, "(fwd)") {
				break
			}
			s = s[:len(s)-len("(fwd)")]
			isReply = true
		}
		for { // step 5
			rest, refwd := cutLeader(s)
			if len(rest) < len(s) {
				s = rest
				isReply = isReply || refwd
				continue
			}
			blobless := cutBlobs(s) // step 4
			if len(blobless) == len(s) {
				break
			}
			s = blobless
		}
		if !hasPrefixFold(s, "[fwd:") || s[len(s)-1] != ']' { // step 6
			return s, isReply
		}
		s = s[len("[fwd:") : len(s)-1]
		isReply = true
	}
}

// cutLeader takes one subj-leader off: white space, or blobs and a subj-refwd.
func cutLeader(s []byte) (rest []byte, refwd bool) {
	if len(s) > 0 && s[0] == ' ' {
		return s[1:], false
	}
	for rest = s; ; {
		cut := cutBlob(rest)
		if len(cut) == len(rest) {
			break
		}
		rest = cut
	}
	switch {
	case hasPrefixFold(rest, "re"):
		rest = rest[2:]
	case hasPrefixFold(rest, "fwd"):
		rest = rest[3:]
	case hasPrefixFold(rest, "fw"):
		rest = rest[2:]
	default:
		return s, false
	}
	rest = cutBlob(bytes.TrimLeft(rest, " "))
	if len(rest) == 0 || rest[0] != ':' {
		return s, false
	}
	return rest[1:], true
}

// cutBlobs takes blobs off as long as something is left. It is called where no
// subj-refwd follows the blobs, so that all can go at once.
func cutBlobs(s []byte) []byte {
	for {
		rest := cutBlob(s)
		if len(rest) == len(s) || len(rest) == 0 {
			return s
		}
		s = rest
	}
}

// cutBlob takes one subj-blob off: text in square brackets and the white space
// after it.
func cutBlob(s []byte) []byte {
	if len(s) == 0 || s[0] != '[' {
		return s
	}
	i := bytes.IndexAny(s[1:], "[]")
	if i < 0 || s[1+i] != ']' {
		return s
	}
	return bytes.TrimLeft(s[i+2:], " ")
}

func hasPrefixFold(s []byte, low string) bool {
	return len(s) >= len(low) && equalFold(low, s[:len(low)])
}

func hasSuffixFold(s []byte, low string) bool {
	return len(s) >= len(low) && equalFold(low, s[len(s)-len(low):])
}
