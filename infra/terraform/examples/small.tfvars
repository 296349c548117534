# Some 10 people with a run at work at the same time: two workers at most, with 10 runs each.
# One NAT gateway and a database without a standby: cheap, and an outage of a zone is one of the server.

region          = "eu-central-1"
allowed_cidrs   = ["203.0.113.0/24"]                                                           # your offices or VPN
certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-example-replace" # yours

api = {
  cpu       = 512
  memory    = 2048
  min_tasks = 1
  max_tasks = 2
}

worker = {
  cpu       = 1024
  memory    = 4096
  disk      = 50
  min_tasks = 1
  max_tasks = 2
}

database = {
  instance_class        = "db.t4g.small"
  allocated_storage     = 20
  max_allocated_storage = 100
  max_connections       = 200
  multi_az              = false
  backup_retention_days = 7
}

cache = {
  node_type = "cache.t4g.micro"
  nodes     = 1
}

connection_budget  = 8
server_pool_size   = 8
log_retention_days = 30
