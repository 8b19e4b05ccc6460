// Command table prints what imapbench measured of several servers side by side,
// as a Markdown table with how many times better each is than the first.
//
//	table FIRST SECOND...
//
// Each is the file of one run (-json), or a folder with the files of several. Of
// several the table has the medians, and behind their ratio the least and the
// greatest one of runs that have the same name.
package main

import (
	"cmp"
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
	Value float64 `json:"value"` // below 0: it failed, and Unit says why
	Unit  string  `json:"unit"`
}

// server is what was measured of one server.
type server struct {
	name string
	runs [][]figure
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: table FIRST SECOND...")
	}
	first := read(os.Args[1])
	head, line := "| task | unit | "+first.name+" |", "|---|---|---|"
	var others []server
	for _, path := range os.Args[2:] {
		other := read(path)
		others = append(others, other)
		head += " " + other.name + " | better by |"
		line += "---|---|"
	}
	fmt.Println(head + "\n" + line)
	for _, f := range first.runs[0] {
		mine := first.all(f.Task)
		row := fmt.Sprintf("| %s | %s | %s |", f.Task, f.Unit, number(median(mine)))
		for _, other := range others {
			theirs := other.all(f.Task)
			if len(theirs) == 0 {
				row += " | |"
				continue
			}
			row += fmt.Sprintf(" %s | %s |", number(median(theirs)), better(mine, theirs))
		}
		fmt.Println(row)
	}
}

// read reads the run in a file, or the runs in a folder in order of their names.
func read(path string) server {
	s := server{name: strings.TrimSuffix(filepath.Base(path), ".json")}
	files := []string{path}
	if found, err := filepath.Glob(filepath.Join(path, "*.json")); err == nil && len(found) > 0 {
		files = found
	}
	for _, file := range files {
		var run []figure
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &run)
		}
		if err != nil {
			log.Fatal(err)
		}
		s.runs = append(s.runs, run)
	}
	return s
}

// all is a task's figure of each run that has one.
func (s server) all(task string) (figures []figure) {
	for _, run := range s.runs {
		if i := slices.IndexFunc(run, func(f figure) bool { return f.Task == task }); i >= 0 {
			figures = append(figures, run[i])
		}
	}
	return figures
}

// median is the one in the middle, or the lower of the two there.
func median(figures []figure) figure {
	sorted := slices.SortedFunc(slices.Values(figures), func(a, b figure) int { return cmp.Compare(a.Value, b.Value) })
	return sorted[(len(sorted)-1)/2]
}

// number is a value, or why there is none.
func number(f figure) string {
	if f.Value < 0 {
		return f.Unit
	}
	return fmt.Sprintf("%.4g", f.Value)
}

// better tells how many times better b's median is than a's, and within which
// bounds their runs were.
func better(a, b []figure) string {
	middle, ok := ratio(median(a), median(b))
	if !ok {
		return ""
	}
	text := fmt.Sprintf("%.3g×", middle)
	if len(a) == 1 || len(a) != len(b) {
		return text
	}
	var each []float64
	for i := range a {
		r, ok := ratio(a[i], b[i])
		if !ok {
			return text
		}
		each = append(each, r)
	}
	return fmt.Sprintf("%s (%.3g–%.3g)", text, slices.Min(each), slices.Max(each))
}

// ratio is how many times better b is than a: more of a rate, less of a time
// or of memory. Counts of hits and messages have none.
func ratio(a, b figure) (float64, bool) {
	if a.Value <= 0 || b.Value <= 0 || strings.HasPrefix(b.Unit, "of ") || b.Unit == "msgs" {
		return 0, false
	}
	if strings.HasPrefix(b.Unit, "ms") && !strings.HasPrefix(b.Unit, "msg") || strings.HasPrefix(b.Unit, "KiB") {
		return a.Value / b.Value, true
	}
	return b.Value / a.Value, true
}
