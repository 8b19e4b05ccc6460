// Command table prints the figures of several runs of imapbench side by side, as
// a Markdown table with how many times better each is than the first.
//
//	table FIRST.json SECOND.json...
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

type figure struct {
	Task  string  `json:"task"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: table FIRST.json SECOND.json...")
	}
	first := read(os.Args[1])
	head, line := "| task | unit | "+name(os.Args[1])+" |", "|---|---|---|"
	var others [][]figure
	for _, file := range os.Args[2:] {
		others = append(others, read(file))
		head += " " + name(file) + " | better by |"
		line += "---|---|"
	}
	fmt.Println(head + "\n" + line)
	for _, f := range first {
		row := fmt.Sprintf("| %s | %s | %s |", f.Task, f.Unit, number(f))
		for _, figures := range others {
			i := slices.IndexFunc(figures, func(o figure) bool { return o.Task == f.Task })
			if i < 0 {
				row += " | |"
				continue
			}
			row += fmt.Sprintf(" %s | %s |", number(figures[i]), ratio(f, figures[i]))
		}
		fmt.Println(row)
	}
}

// name is a file's name without folder and ending.
func name(file string) string { return strings.TrimSuffix(filepath.Base(file), ".json") }

func read(file string) (figures []figure) {
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &figures)
	}
	if err != nil {
		log.Fatal(err)
	}
	return figures
}

// number is a value, or why there is none.
func number(f figure) string {
	if f.Value < 0 {
		return f.Unit
	}
	return fmt.Sprintf("%.4g", f.Value)
}

// ratio is how many times better b is than a: more of a rate, less of a time
// or of memory.
func ratio(a, b figure) string {
	if a.Value <= 0 || b.Value <= 0 || strings.HasPrefix(b.Unit, "of ") || b.Unit == "msgs" {
		return ""
	}
	r := b.Value / a.Value
	if strings.HasPrefix(b.Unit, "ms") && !strings.HasPrefix(b.Unit, "msg") || strings.HasPrefix(b.Unit, "KiB") {
		r = 1 / r
	}
	return fmt.Sprintf("%.3g×", r)
}
