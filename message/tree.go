package message

// closeParts ends the open parts from that depth on at end, or where what they
// hold ends, if that is later.
func (p *Parser) closeParts(depth int, end int64) {
	for i := len(p.open) - 1; i >= depth; i-- {
		part := p.open[i]
		end = max(end, part.BodyStart)
		part.BodyEnd = end
		part.Lines = p.lf - part.lfAtBody
		if end < p.pos {
			part.Lines--
		}
		p.open[i] = nil
	}
	p.open = p.open[:depth]
	p.sampler.end()
}

func (p *Parser) top() *Part { return p.open[len(p.open)-1] }

// openPart starts a part's header here.
func (p *Parser) openPart(isMessage, inDigest bool) *Part {
	if len(p.slab) == 0 {
		p.slab = make([]Part, min(4+p.parts, 256))
	}
	part := &p.slab[0]
	p.slab = p.slab[1:]
	part.HeaderStart = p.pos
	if len(p.open) > 0 {
		parent := p.top()
		parent.Children = append(parent.Children, part)
	}
	p.open = append(p.open, part)
	p.sampler.end()
	p.parts++
	p.inHeader = true
	p.header.start(isMessage, inDigest)
	return part
}

// endHeader starts the current part's body here. A message part's child starts
// at once.
func (p *Parser) endHeader() {
	part := p.top()
	p.inHeader = false
	part.BodyStart = p.pos
	part.lfAtBody = p.lf
	p.header.fill(part)
	divisible := len(p.open) < p.limits.Depth && !p.full()
	if (part.IsMultipart() || part.IsMessage()) && !divisible {
		part.Type, part.Subtype, part.Params = "application", "octet-stream", nil
		return
	}
	switch {
	case part.IsMessage():
		p.openPart(true, false)
		return
	case part.IsMultipart():
		part.digest = part.Subtype == "digest"
		param, _ := part.Param("boundary")
		if b := newBoundary(param, len(p.open)-1); b.text != "" && len(param) <= maxBoundary {
			p.bounds = append(p.bounds, b)
		}
	}
	p.sampler.begin(part)
}

// completeEmpty gives each multipart in which no boundary was found one part
// of plain text that covers its body: BODYSTRUCTURE has no multipart without
// parts (RFC 9051 §9, body-type-mpart), and so the text can still be read.
func (p *Part) completeEmpty() {
	if p.IsMultipart() && len(p.Children) == 0 {
		p.Children = []*Part{{
			HeaderStart: p.BodyStart, BodyStart: p.BodyStart, BodyEnd: p.BodyEnd, Lines: p.Lines,
			Type: "text", Subtype: "plain", Params: defaultParams(), Encoding: "7bit", sample: p.sample,
		}}
	}
	for _, c := range p.Children {
		c.completeEmpty()
	}
}
