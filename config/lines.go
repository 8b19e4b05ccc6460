package config

import (
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// keyLines answers the line of each key of a document, by its dotted name with
// the tables before it. A document that is no TOML has those up to the error.
func keyLines(data []byte) map[string]int {
	lines := map[string]int{}
	var p unstable.Parser
	p.Reset(data)
	var table []string
	for p.NextExpression() {
		node := p.Expression()
		keys, line := keyOf(&p, node)
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = keys
			lines[strings.Join(table, ".")] = line
		case unstable.KeyValue:
			lines[strings.Join(append(table[:len(table):len(table)], keys...), ".")] = line
		}
	}
	return lines
}

func keyOf(p *unstable.Parser, node *unstable.Node) (keys []string, line int) {
	it := node.Key()
	for it.Next() {
		key := it.Node()
		if line == 0 {
			line = p.Shape(key.Raw).Start.Line
		}
		keys = append(keys, string(key.Data))
	}
	return keys, line
}
