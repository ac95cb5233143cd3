// What every kernel file starts with: put before it by the host, since an embedded file cannot
// be found by #include.
