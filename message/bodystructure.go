package message

import "strconv"

// AppendBodyStructure appends the part's BODYSTRUCTURE in wire form, or with
// extended false its BODY, which has no extension data (RFC 9051 §7.5.2).
// No space stands between the parts of a multipart: Outlook for iOS fails on
// one, and the grammar has none (RFC 9051 §9, body-type-mpart).
func (p *Part) AppendBodyStructure(dst []byte, extended bool) []byte {
	dst = append(dst, '(')
	if p.IsMultipart() {
		for _, c := range p.Children {
			dst = c.AppendBodyStructure(dst, extended)
		}
		dst = append(dst, ' ')
		dst = appendIMAPString(dst, p.Subtype)
		if extended {
			dst = append(dst, ' ')
			dst = appendParams(dst, p.Params)
			dst = p.appendExtension(dst)
		}
		return append(dst, ')')
	}
	dst = appendIMAPString(dst, p.Type)
	dst = append(dst, ' ')
	dst = appendIMAPString(dst, p.Subtype)
	dst = append(dst, ' ')
	dst = appendParams(dst, p.Params)
	dst = append(dst, ' ')
	dst = appendNString(dst, p.ID)
	dst = append(dst, ' ')
	dst = appendNString(dst, p.Description)
	dst = append(dst, ' ')
	dst = appendIMAPString(dst, p.Encoding)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, p.BodySize(), 10)
	switch {
	case p.Type == "text":
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, p.Lines, 10)
	case p.IsMessage():
		child := p.Children[0]
		dst = append(dst, ' ')
		dst = AppendEnvelope(dst, child.Envelope)
		dst = append(dst, ' ')
		dst = child.AppendBodyStructure(dst, extended)
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, p.Lines, 10)
	}
	if extended {
		dst = append(dst, ' ')
		dst = appendNString(dst, p.MD5)
		dst = p.appendExtension(dst)
	}
	return append(dst, ')')
}

// appendExtension writes disposition, language and location.
func (p *Part) appendExtension(dst []byte) []byte {
	dst = append(dst, ' ')
	if p.Disposition == "" {
		dst = append(dst, "NIL"...)
	} else {
		dst = append(dst, '(')
		dst = appendIMAPString(dst, p.Disposition)
		dst = append(dst, ' ')
		dst = appendParams(dst, p.DispositionParams)
		dst = append(dst, ')')
	}
	dst = append(dst, ' ')
	if len(p.Language) == 0 {
		dst = append(dst, "NIL"...)
	} else {
		for i, tag := range p.Language {
			dst = append(dst, "( "[min(i, 1)])
			dst = appendIMAPString(dst, tag)
		}
		dst = append(dst, ')')
	}
	dst = append(dst, ' ')
	return appendNString(dst, p.Location)
}

// appendParams writes a parameter list, NIL where it is empty
// (RFC 9051 §9, body-fld-param).
func appendParams(dst []byte, params []Param) []byte {
	if len(params) == 0 {
		return append(dst, "NIL"...)
	}
	for i := range params {
		p := &params[i]
		dst = append(dst, "( "[min(i, 1)])
		if p.Extended {
			dst = append(dst, '"')
			dst = append(dst, p.Name...)
			dst = append(dst, `*" "`...)
			dst = appendExtended(dst, p)
			dst = append(dst, '"')
			continue
		}
		dst = appendIMAPString(dst, p.Name)
		dst = append(dst, ' ')
		dst = appendIMAPString(dst, p.Value)
	}
	return append(dst, ')')
}
