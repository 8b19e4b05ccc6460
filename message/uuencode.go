package message

import "bytes"

// uuDecoder decodes uuencode, which mail names x-uuencode: lines between
// "begin" and "end", each with its length first. Lines outside are passed over.
type uuDecoder struct {
	line    []byte
	inside  bool
	tooLong bool
}

const maxUULine = 256

func (d *uuDecoder) append(dst, src []byte) []byte {
	for len(src) > 0 {
		i := bytes.IndexByte(src, '\n')
		piece := src
		if i >= 0 {
			piece = src[:i]
		}
		if len(d.line)+len(piece) > maxUULine {
			d.tooLong = true
		} else {
			d.line = append(d.line, piece...)
		}
		if i < 0 {
			return dst
		}
		dst = d.finish(dst)
		src = src[i+1:]
	}
	return dst
}

// finish decodes the line that has been gathered.
func (d *uuDecoder) finish(dst []byte) []byte {
	line := bytes.TrimRight(d.line, "\r")
	d.line = d.line[:0]
	if d.tooLong {
		d.tooLong = false
		return dst
	}
	switch {
	case !d.inside:
		d.inside = bytes.HasPrefix(line, []byte("begin "))
		return dst
	case string(line) == "end":
		d.inside = false
		return dst
	case len(line) == 0:
		return dst
	}
	n := int(uuValue(line[0]))
	line = line[1:]
	for ; n > 0 && len(line) > 0; n -= 3 {
		var v [4]byte // what is missing at the end was spaces: zero
		for i := range min(4, len(line)) {
			v[i] = uuValue(line[i])
		}
		line = line[min(4, len(line)):]
		group := [3]byte{v[0]<<2 | v[1]>>4, v[1]<<4 | v[2]>>2, v[2]<<6 | v[3]}
		dst = append(dst, group[:min(n, 3)]...)
	}
	return dst
}

func uuValue(c byte) byte { return (c - ' ') & 0x3f }
