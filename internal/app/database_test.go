package app

import (
	"fmt"
	"strings"
)

// testDatabase is AstDB in a map: by family/key.
type testDatabase map[string]string

func (d testDatabase) Get(family, key string) (string, bool) {
	v, ok := d[family+"/"+key]
	return v, ok
}

func (d testDatabase) Put(family, key, value string) error {
	d[family+"/"+key] = value
	return nil
}

func (d testDatabase) Del(family, key string) (bool, error) {
	_, ok := d.Get(family, key)
	delete(d, family+"/"+key)
	return ok, nil
}

func (d testDatabase) DelTree(family, part string) int {
	prefix, n := strings.TrimSuffix(family+"/"+part, "/")+"/", 0
	for k := range d {
		if strings.HasPrefix(k, prefix) {
			delete(d, k)
			n++
		}
	}
	return n
}

func (d testDatabase) Keys(string) []string { return nil }

// reloads reads nothing again, and knows one module.
func reloads(name string) error {
	if name != "" && name != "pbx_config" {
		return fmt.Errorf("no such module %s", name)
	}
	return nil
}
