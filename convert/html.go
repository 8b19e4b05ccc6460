package convert

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plainOf gives what a reader sees of an HTML document as plain text: paragraphs
// and headings with a line between, lists with their marks, the cells of tables
// side by side, links with where they lead to.
func plainOf(ctx context.Context, document []byte) ([]byte, error) {
	doc, err := html.Parse(&contextReader{ctx, bytes.NewReader(reduced(document))})
	if err != nil {
		return nil, err
	}
	var p plainWriter
	p.children(doc)
	out := bytes.TrimRight(p.out, " \n")
	if len(out) > 0 {
		out = append(out, '\n')
	}
	return out, nil
}

// plainWriter writes text and joins white space.
type plainWriter struct {
	out    []byte
	breaks int    // line ends that are due before the next character
	space  bool   // a space is due
	indent string // of every line
	lists  []list
	pre    int // elements around whose white space counts
}

// list is one that is open.
type list struct {
	ordered bool
	next    int
}

func (p *plainWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			p.text(c.Data)
		case html.ElementNode, html.DocumentNode:
			p.element(c)
		}
	}
}

// element writes an element. The parser bounds how deep they are nested.
func (p *plainWriter) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Svg, atom.Object, atom.Select, atom.Textarea:
	case atom.Br:
		p.breaks = min(p.breaks+1, 2)
		p.space = false
	case atom.Hr:
		p.block(1)
		p.text("--------")
		p.block(1)
	case atom.Img:
		p.text(attribute(n, "alt"))
	case atom.A:
		p.link(n)
	case atom.Pre:
		p.around(n, 2, func() { p.pre++; p.children(n); p.pre-- })
	case atom.Blockquote:
		p.around(n, 2, func() { p.indented("> ", n) })
	case atom.Ul, atom.Ol:
		start, _ := strconv.Atoi(attribute(n, "start"))
		p.lists = append(p.lists, list{ordered: n.DataAtom == atom.Ol, next: max(start, 1)})
		p.around(n, 1, func() { p.children(n) })
		p.lists = p.lists[:len(p.lists)-1]
	case atom.Li:
		p.item(n)
	case atom.Dd:
		p.around(n, 1, func() { p.indented("  ", n) })
	case atom.Tr:
		p.row(n)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table:
		p.around(n, 2, func() { p.children(n) })
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Aside, atom.Address,
		atom.Dl, atom.Dt, atom.Fieldset, atom.Form, atom.Figure, atom.Figcaption, atom.Center, atom.Caption, atom.Body, atom.Html:
		p.around(n, 1, func() { p.children(n) })
	default:
		p.children(n)
	}
}

// block makes sure that so many line ends come before what is next.
func (p *plainWriter) block(breaks int) {
	p.space = false
	p.breaks = max(p.breaks, breaks)
}

func (p *plainWriter) around(_ *html.Node, breaks int, write func()) {
	p.block(breaks)
	write()
	p.block(breaks)
}

// deepest is how far lines are moved in; what is nested deeper stays there.
const deepest = 40

func (p *plainWriter) indented(by string, n *html.Node) {
	outer := p.indent
	if len(outer) < deepest {
		p.indent += by
	}
	p.children(n)
	p.indent = outer
}

// item writes an item of a list.
func (p *plainWriter) item(n *html.Node) {
	mark := "* "
	if k := len(p.lists); k > 0 && p.lists[k-1].ordered {
		mark = strconv.Itoa(p.lists[k-1].next) + ". "
		p.lists[k-1].next++
	}
	p.block(1)
	p.begin()
	p.out = append(p.out, mark...)
	p.indented(strings.Repeat(" ", len(mark)), n)
	p.block(1)
}

// row writes the cells of a row on one line, where they are short.
func (p *plainWriter) row(n *html.Node) {
	p.block(1)
	first := true
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
			continue
		}
		if !first && p.breaks == 0 {
			p.out, p.space = append(p.out, " | "...), false
		}
		before := len(p.out)
		p.children(c)
		first = first && len(p.out) == before
	}
	p.block(1)
}

// link writes a link's text, and where it leads to if that says more.
func (p *plainWriter) link(n *html.Node) {
	before := len(p.out)
	p.children(n)
	to := strings.TrimSpace(attribute(n, "href"))
	shown := strings.TrimSpace(string(p.out[min(before, len(p.out)):]))
	bare := strings.TrimPrefix(to, "mailto:")
	if to == "" || shown == "" || strings.HasPrefix(to, "#") || strings.HasPrefix(to, "javascript:") || shown == bare || len(to) > longestLink {
		return
	}
	p.text(" <" + to + ">")
}

// longestLink is up to what length links are written.
const longestLink = 2000

// text writes text.
func (p *plainWriter) text(s string) {
	if p.pre > 0 {
		for i, line := range strings.Split(strings.ReplaceAll(s, "\r", ""), "\n") {
			if i > 0 {
				p.breaks++
			}
			if line != "" {
				p.begin()
				p.out = append(p.out, line...)
			}
		}
		return
	}
	for _, r := range s {
		switch {
		case r == '\u00a0':
			p.begin()
			p.out = append(p.out, ' ')
		case unicode.IsSpace(r):
			p.space = true
		case unicode.IsControl(r) || r == '\u200b' || r == '\ufeff' || r == '\u00ad':
		default:
			p.begin()
			p.out = append(p.out, string(r)...)
		}
	}
}

// begin writes the line ends and the space that are due.
func (p *plainWriter) begin() {
	switch n := len(p.out); {
	case n == 0:
		p.out = append(p.out, p.indent...)
	case p.breaks > 0:
		p.out = bytes.TrimRight(p.out, " ")
		for range p.breaks {
			p.out = append(p.out, '\n')
		}
		p.out = append(p.out, p.indent...)
	case p.space && p.out[n-1] != ' ':
		p.out = append(p.out, ' ')
	}
	p.breaks, p.space = 0, false
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
