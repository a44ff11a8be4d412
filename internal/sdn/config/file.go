package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxAliases bounds what anchors make of a small file.
const maxNodes = 2_000_000

// A document is the configuration with all its files joined: one mapping for
// each key of the top level.
type document struct {
	top      map[string]*yaml.Node
	where    map[*yaml.Node]string // the file of a node
	files    []string
	sums     map[string]string // SHA-256 of each file that was read, by its path without links
	hash     []byte
	warnings []string
	nodes    int
	acls     map[string]*ACL
	loaded   map[string]bool // files that were read, by their paths without links
	looseTop bool            // so are those of the top level
	loose    bool            // keys that are not known are a warning
}

// topLevel are the keys of faucet.yaml's top level whose mappings are joined.
var topLevel = []string{"acls", "dps", "meters", "routers", "vlans"}

func newDocument() *document {
	return &document{top: map[string]*yaml.Node{}, where: map[*yaml.Node]string{}, loaded: map[string]bool{}, sums: map[string]string{}}
}

// pos is where a node stands.
func (d *document) pos(n *yaml.Node) Pos {
	if n == nil {
		return Pos{}
	}
	return Pos{d.where[n], n.Line, n.Column}
}

// directive names a version of YAML that the decoder does not know by number; what
// it reads is the same.
var directive = regexp.MustCompile(`^\x{FEFF}?%(YAML 1\.2[ \t]*\r?\n)`)

// real is the absolute path of a file, without links: Faucet tells files apart by
// it, and includes are relative to it.
func real(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	return absolute(path)
}

func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// reason is why a file can not be read, without its path.
func reason(err error) string {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// parse reads one file and refuses duplicate keys. Errors call it by path.
func (d *document) parse(path string) (*yaml.Node, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Pos: Pos{File: path}, Message: "can not be read: " + reason(err)}
	}
	d.files = append(d.files, absolute(path))
	sum := sha256.Sum256(data)
	d.sums[real(path)] = hex.EncodeToString(sum[:])
	d.hash = append(d.hash, sum[:]...)
	decoder := yaml.NewDecoder(bytes.NewReader(directive.ReplaceAll(data, []byte("#$1"))))
	var root yaml.Node
	err = decoder.Decode(&root)
	if errors.Is(err, io.EOF) {
		return nil, &Error{Pos: Pos{File: path}, Message: "the file is empty"}
	}
	if err == nil {
		if again := decoder.Decode(new(yaml.Node)); !errors.Is(again, io.EOF) {
			return nil, &Error{Pos: Pos{File: path}, Message: "more than one YAML document"}
		}
	}
	if err != nil {
		return nil, syntax(path, string(data), err)
	}
	if len(root.Content) != 1 {
		return nil, &Error{Pos: Pos{File: path}, Message: "the file is empty"}
	}
	top := root.Content[0]
	return top, d.own(top, path, map[*yaml.Node]bool{})
}

// own notes the file of every node, replaces aliases by what they stand for and
// merges << keys.
func (d *document) own(n *yaml.Node, path string, above map[*yaml.Node]bool) error {
	if d.nodes++; d.nodes > maxNodes {
		return (Pos{path, n.Line, n.Column}).wrong("the anchors of this file make more than %d nodes", maxNodes)
	}
	d.where[n] = path
	if above[n] {
		return d.pos(n).wrong("an anchor that contains itself")
	}
	above[n] = true
	defer delete(above, n)
	for i, c := range n.Content {
		if c.Kind == yaml.AliasNode {
			n.Content[i] = c.Alias
			c = c.Alias
		}
		if err := d.own(c, path, above); err != nil {
			return err
		}
	}
	if n.Kind != yaml.MappingNode {
		return nil
	}
	if err := d.unique(n); err != nil {
		return err
	}
	return d.merge(n)
}

func (d *document) unique(n *yaml.Node) error {
	seen := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || isNull(key) {
			return d.pos(key).wrong("a key must be a name or a number")
		}
		name := scalarKey(key)
		if first := seen[name]; first != nil {
			return d.pos(key).wrong("duplicate key %s", key.Value).hint("the first is in line %d", first.Line)
		}
		seen[name] = key
	}
	return nil
}

// scalarKey tells keys apart: 1, 0x1 and 01 are one, "1" is another.
func scalarKey(key *yaml.Node) string {
	if v, ok := integer(key); ok {
		return "#" + v.String()
	}
	return key.Value
}

func (d *document) merge(n *yaml.Node) error {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		from := n.Content[i+1]
		n.Content = slices.Delete(n.Content, i, i+2)
		list := []*yaml.Node{from}
		if from.Kind == yaml.SequenceNode {
			list = from.Content
		}
		for _, m := range list {
			if m.Kind != yaml.MappingNode {
				return d.pos(m).wrong("<< needs a mapping")
			}
			for j := 0; j < len(m.Content); j += 2 {
				if _, value := child(n, m.Content[j].Value); value == nil {
					n.Content = append(n.Content, m.Content[j], m.Content[j+1])
				}
			}
		}
		return nil
	}
	return nil
}

// child returns the key and value nodes of a mapping.
func child(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// load joins a file and what it includes; above are the files that include it, by
// their real paths.
func (d *document) load(path string, keys []string, above []string) error {
	top, err := d.parse(path)
	if err != nil {
		return err
	}
	if top.Kind != yaml.MappingNode {
		return d.pos(top).wrong("the top of the file must be a mapping")
	}
	above = append(above, real(path))
	begun := maps.Clone(d.loaded)
	d.loaded[real(path)] = true
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		switch {
		case key.Value == "include" || key.Value == "include-optional":
			if err := d.include(value, path, key.Value == "include", keys, above, begun); err != nil {
				return err
			}
		case key.Value == "version":
			if v, ok := integer(value); (!ok || v.String() != "2") && len(above) > 1 {
				d.warnings = append(d.warnings, d.pos(value).wrong("version %s of a file that is included does not count", value.Value).Error())
			} else if !ok || v.String() != "2" {
				return d.pos(value).wrong("version %s is not known", value.Value).hint("2 is the only one")
			}
		case !slices.Contains(keys, key.Value):
			e := d.pos(key).wrong("%s is no key of the top level", key.Value)
			if like := nearest(key.Value, append([]string{"include", "include-optional", "version"}, keys...)); like != "" {
				e.hint("did you mean %s?", like)
			}
			if !d.looseTop {
				return e
			}
			d.warnings = append(d.warnings, e.Error())
		default:
			if err := d.join(key.Value, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// nothing says whether a value has nothing in it, as a list or a text.
func nothing(n *yaml.Node) bool {
	return n.Kind == yaml.SequenceNode && len(n.Content) == 0 || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && n.Value == ""
}

func (d *document) join(key string, value *yaml.Node) error {
	first := d.top[key]
	if value.Kind != yaml.MappingNode {
		if key == "faucet_configs" && first == nil {
			d.top[key] = value
			return nil
		}
		if key != "dps" && nothing(value) {
			return nil
		}
		return d.pos(value).wrong("%s must be a mapping", key)
	}
	if first == nil {
		d.top[key] = value
		return nil
	}
	for i := 0; i < len(value.Content); i += 2 {
		name := value.Content[i]
		replaced := false
		for j := 0; j < len(first.Content) && !replaced; j += 2 {
			if scalarKey(first.Content[j]) == scalarKey(name) {
				first.Content[j], first.Content[j+1], replaced = name, value.Content[i+1], true
			}
		}
		if !replaced {
			first.Content = append(first.Content, name, value.Content[i+1])
		}
	}
	return nil
}

// include joins files; begun are those that had been read when the reading of this
// one began.
func (d *document) include(list *yaml.Node, from string, must bool, keys, above []string, begun map[string]bool) error {
	if list.Kind != yaml.SequenceNode {
		return d.pos(list).wrong("include must be a list of files")
	}
	for _, n := range list.Content {
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
			return d.pos(n).wrong("include must be a list of files, and this is none")
		}
		path := beside(from, n.Value)
		switch {
		case slices.Contains(above, real(path)):
			return d.pos(n).wrong("%s includes itself: %s", n.Value, strings.Join(append(above, real(path)), " → "))
		case begun[real(path)]:
			return d.pos(n).wrong("%s is included by another file already", n.Value)
		}
		err := d.includeOne(n, path, must, keys, above)
		if err != nil && must {
			return err
		}
		if err != nil {
			d.warnings = append(d.warnings, err.Error()+": not included")
		}
	}
	return nil
}

// beside is the path of a file that another one names. It is written as that one's
// is, unless that is a link to elsewhere.
func beside(from, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	written := filepath.Join(filepath.Dir(from), path)
	if there := filepath.Join(filepath.Dir(real(from)), path); real(written) != real(there) {
		return there
	}
	return written
}

// includeOne joins one file. One that need not be there and is wrong adds nothing.
func (d *document) includeOne(n *yaml.Node, path string, must bool, keys, above []string) error {
	if _, err := os.Stat(path); err != nil {
		d.files = append(d.files, absolute(path)) // it may come, and be reloaded then
		e := d.pos(n).wrong("%s can not be included: %s", n.Value, reason(err))
		if must {
			return e.hint("include-optional overlooks missing files")
		}
		return e
	}
	before := d.state()
	if err := d.load(path, keys, above); err != nil {
		if !must {
			before.restore(d)
		}
		return err
	}
	return nil
}

// state is what has been joined so far.
type state struct {
	top    map[string]*yaml.Node
	loaded map[string]bool
	sums   map[string]string
}

func (d *document) state() state {
	s := state{map[string]*yaml.Node{}, maps.Clone(d.loaded), maps.Clone(d.sums)}
	for key, n := range d.top {
		one := *n
		one.Content = slices.Clone(n.Content)
		s.top[key] = &one
		d.where[&one] = d.where[n]
	}
	return s
}

func (s state) restore(d *document) { d.top, d.loaded, d.sums = s.top, s.loaded, s.sums }

// Hash is what the joined files hash to.
func (d *document) sum() string {
	sum := sha256.Sum256(d.hash)
	return hex.EncodeToString(sum[:])
}
