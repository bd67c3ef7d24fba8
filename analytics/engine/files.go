package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// newPassword makes the password of one start. Only its hash is written down.
func newPassword() string { return rand.Text() }

// writeFiles writes what the child reads at start: its configuration and its
// accounts. Both are readable by the owner only.
func writeFiles(dir, password string, maxMemory int64, cluster *Cluster) (config string, err error) {
	users := filepath.Join(dir, "users.xml")
	config = filepath.Join(dir, "config.xml")
	sum := sha256.Sum256([]byte(password))
	body := usersXML(hex.EncodeToString(sum[:]), maxMemory)
	if err := replaceFile(users, body); err != nil {
		return "", fmt.Errorf("engine: write accounts: %w", err)
	}
	if err := replaceFile(config, configXML(users, dir, maxMemory, cluster)); err != nil {
		return "", fmt.Errorf("engine: write configuration: %w", err)
	}
	return config, nil
}

// replaceFile never leaves half a file behind, nor one with the wrong mode.
func replaceFile(path, body string) error {
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.WriteFile(tmp, []byte(body), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// usersXML has our account and the engine's own, default, as which the
// statements run that open the ports. clickhouse-local cannot start without an
// account of that name that needs no password, and knows no way to close it
// later. So it may do nothing but that: its rights are what those statements
// need, and its quota is as many statements as they are, so that the ports are
// open only once the quota is used up. What is left to a stranger on this
// machine is SELECT of constants, within little memory.
func usersXML(hash string, maxMemory int64) string {
	return fmt.Sprintf(`<clickhouse>
  <profiles>
    <default>
      <max_memory_usage>%d</max_memory_usage>
      <max_bytes_before_external_group_by>%d</max_bytes_before_external_group_by>
      <max_bytes_before_external_sort>%d</max_bytes_before_external_sort>
      <async_insert>0</async_insert>
    </default>
    <starter>
      <max_memory_usage>67108864</max_memory_usage>
      <max_memory_usage_for_user>134217728</max_memory_usage_for_user>
    </starter>
  </profiles>
  <quotas>
    <default></default>
    <starter><interval><duration>2000000000</duration><queries>%d</queries></interval></starter>
  </quotas>
  <users>
    <%[5]s>
      <password_sha256_hex>%[6]s</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </%[5]s>
    <default>
      <no_password></no_password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>starter</profile>
      <quota>starter</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT READ ON FILE</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
      </grants>
    </default>
  </users>
</clickhouse>
`, maxMemory/2, maxMemory/4, maxMemory/4, len(listen), user, hash)
}

// copies is the one folder that BACKUP may write to and RESTORE may read, unless the
// shards of a cluster have one together.
func copies(dir string) string { return filepath.Join(dir, "copies") }

// configXML has the level of what is logged twice: clickhouse-local goes by log-level,
// and without it logs every step of every question, whatever the logger's own is.
func configXML(users, dir string, maxMemory int64, cluster *Cluster) string {
	allowed := "<allowed_path>" + escape(copies(dir)) + "/</allowed_path>"
	if shared := cluster.copies(); shared != "" {
		allowed += "<allowed_path>" + escape(shared) + "/</allowed_path>"
	}
	return fmt.Sprintf(`<clickhouse>
  <users_config>%s</users_config>
  <tmp_path>%s/</tmp_path>
  <max_server_memory_usage>%d</max_server_memory_usage>
  <mark_cache_size>%d</mark_cache_size>
  <backups>%s</backups>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <max_connections>512</max_connections>
  <background_pool_size>%d</background_pool_size>
  <background_schedule_pool_size>8</background_schedule_pool_size>
  <merge_tree>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
  <logger><level>error</level><console>1</console></logger>
  <log-level>error</log-level>
%s</clickhouse>
`, escape(users), escape(filepath.Join(dir, "tmp")), maxMemory, maxMemory/16, allowed, max(2, runtime.NumCPU()), cluster.xml())
}

func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // A strings.Builder never fails.
	}
	return b.String()
}
