# Some 100 people with a run at work at the same time: 10 workers at most, with 10 runs each.
# Database and cache fail over by themselves.

region          = "eu-central-1"
allowed_cidrs   = ["203.0.113.0/24"]                                                           # your offices or VPN
certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-example-replace" # yours

api = {
  cpu       = 1024
  memory    = 4096
  min_tasks = 2
  max_tasks = 6
}

worker = {
  cpu       = 2048
  memory    = 8192
  disk      = 100
  min_tasks = 2
  max_tasks = 10
}

database = {
  instance_class        = "db.m7g.large"
  allocated_storage     = 100
  max_allocated_storage = 1000
  max_connections       = 700
}

cache = {
  node_type = "cache.t4g.medium"
  nodes     = 2
}

connection_budget = 10
server_pool_size  = 10
