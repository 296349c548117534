# Some 500 people with a run at work at the same time: 25 workers at most, with 20 runs each.
# Three zones, each with its own way out.

region          = "eu-central-1"
allowed_cidrs   = ["203.0.113.0/24"]                                                           # your offices or VPN
certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-example-replace" # yours

zones                  = ["a", "b", "c"]
nat_gateways           = 3
requests_per_5_minutes = 20000 # a whole office has one address

api = {
  cpu       = 2048
  memory    = 8192
  min_tasks = 3
  max_tasks = 15
}

worker = {
  cpu       = 4096
  memory    = 16384
  disk      = 200
  jobs      = 20
  min_tasks = 5
  max_tasks = 25
}

database = {
  instance_class        = "db.r7g.xlarge"
  allocated_storage     = 500
  max_allocated_storage = 5000
  max_connections       = 2500
  backup_retention_days = 30
}

cache = {
  node_type = "cache.m7g.large"
  nodes     = 3
}

connection_budget = 15
server_pool_size  = 15
